import { STATE } from "@hvdiff/cpu";
import { GUEST_SEGMENTS } from "./entry/guest-segment-fields.ts";
import * as F from "./fields.ts";
import { createFieldPlan, type FieldPlan } from "./memory-vmcs.ts";
import type { MsrWords } from "./msr-words.ts";
import type { VmcsLayout } from "./vmcs-layout.ts";

/** Guest state that VM entries load and VM exits save word by word, whatever the controls say. */
export interface GuestPlans {
  readonly segments: FieldPlan;
  readonly registers: FieldPlan;
}

export function createGuestPlans(layout: VmcsLayout, msrs: MsrWords): GuestPlans {
  const segments = GUEST_SEGMENTS.flatMap((fields, index) => {
    const word = STATE.SEGMENTS + index * STATE.SEGMENT_STRIDE;
    return [
      [fields.selector, word + STATE.SEGMENT_SELECTOR, 1],
      [fields.base, word + STATE.SEGMENT_BASE, 2],
      [fields.limit, word + STATE.SEGMENT_LIMIT, 1],
      [fields.access, word + STATE.SEGMENT_ACCESS, 1],
    ] as const;
  });
  return {
    segments: createFieldPlan(layout, segments),
    registers: createFieldPlan(layout, [
      [F.GUEST_CR3, STATE.CR3, 2],
      [F.GUEST_IA32_SYSENTER_CS, msrs.sysenterCs, 1],
      [F.GUEST_IA32_SYSENTER_ESP, msrs.sysenterEsp, 2],
      [F.GUEST_IA32_SYSENTER_EIP, msrs.sysenterEip, 2],
      [F.GUEST_GDTR_BASE, STATE.GDTR, 2],
      [F.GUEST_GDTR_LIMIT, STATE.GDTR + 2, 1],
      [F.GUEST_IDTR_BASE, STATE.IDTR, 2],
      [F.GUEST_IDTR_LIMIT, STATE.IDTR + 2, 1],
    ]),
  };
}
