/**
 * Vendor-neutral instruction intercepts. Word `INTERCEPTS + id` of the state is 0 (not intercepted), 1 (always) or 2 (ask the
 * extension: a bitmap or mask decides). All zero outside guest mode.
 *
 * RDTSCP, RDPID (as `rdtscp`), INVPCID, XSAVES and XRSTORS ask twice: with detail `ENABLE_CHECK` where #UD belongs in the order of faults,
 * and again where the VM exit does.
 */
export const INTERCEPT = {
  cpuid: 0,
  hlt: 1,
  rdmsr: 2,
  wrmsr: 3,
  io: 4,
  invlpg: 5,
  rdtsc: 6,
  rdtscp: 7,
  rdpmc: 8,
  pause: 9,
  monitor: 10,
  mwait: 11,
  crRead: 12,
  crWrite: 13,
  clts: 14,
  lmsw: 15,
  smsw: 16,
  drAccess: 17,
  wbinvd: 18,
  invd: 19,
  xsetbv: 20,
  invpcid: 21,
  rdrand: 22,
  rdseed: 23,
  xsaves: 24,
  xrstors: 25,
  gdtrIdtr: 26,
  ldtrTr: 27,
  vmcall: 28,
  vmxInstruction: 29,
  getsec: 30,
  rsm: 31,
  taskSwitch: 32,
  encls: 33,
  waitpkg: 34,
  iret: 35,
  pushf: 36,
  popf: 37,
  softwareInterrupt: 38,
  icebp: 39,
  rdpru: 40,
  vmread: 41,
  vmwrite: 42,
} as const;

export type InterceptName = keyof typeof INTERCEPT;
export const INTERCEPT_COUNT = 48;
