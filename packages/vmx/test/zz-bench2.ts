import { Engine } from "@hvdiff/cpu";
import { createRoot, enableEpt, PLACE } from "./fixtures.ts";
import { fieldIndex } from "@hvdiff/spec";
for (const mode of [process.env.M!]) {
const { c, vmx, v } = createRoot();
if (mode !== "no-ept") { const map = enableEpt(c, v); for (const page of [PLACE.pml4, PLACE.pdpt, PLACE.guestCode]) map(page, page, 7); }
if (mode === "ept+vpid") { v.write("secondaryProcessorBasedControls", v.read("secondaryProcessorBasedControls") | 0x20n); v.write("virtualProcessorIdentifier", 1n); }
// vmcall; jmp
c.memory.writeBytes(PLACE.guestCode, Uint8Array.of(0x0f, 0x01, 0xc1, 0xeb, 0xfb));
// host machine code: add rip: mov eax, 0x681e; vmread rcx, rax; add rcx,3; vmwrite rax, rcx; vmresume ; jmp self
const code = [0xb8,0x1e,0x68,0,0, 0x0f,0x78,0xc1, 0x48,0x83,0xc1,0x03, 0x0f,0x79,0xc1, 0x0f,0x01,0xc3, 0xeb,0xfe];
c.memory.writeBytes(PLACE.hostCode, Uint8Array.from(code));
const engine = new Engine(c);
vmx.vmlaunch();
for (let k=0;k<3;k++){
const t=performance.now(); const r0=c.retired;
console.log(mode, engine.run(r0+700000*2), v.read("exitReason"));
const dt=performance.now()-t;
// per round: guest vmcall(0)+jmp, host 5 +vmresume = ~ 
console.log("retired", c.retired-r0, "ms", dt|0, "roundtrips/s ~", ((c.retired-r0)/6/(dt/1000))|0);
}}
