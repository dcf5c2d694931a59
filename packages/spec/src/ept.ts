import type { MsrFieldDefs } from "./msr-fields.ts";

const EPTP = '3C "Extended-Page-Table Pointer (EPTP)"';
const ENTRY = '3C "EPT Translation Mechanism"';
const VIOLATION = '3C "Exit Qualification for EPT Violations"';

/** Fields of the EPT pointer. */
export const EPTP_FIELDS = {
  memoryType: { low: 0, high: 2, title: "Memory type of the EPT structures", sdm: EPTP },
  walkLengthMinus1: { low: 3, high: 5, title: "Page-walk length less 1", sdm: EPTP },
  enableAccessedDirty: { low: 6, high: 6, title: "Accessed and dirty flags enabled", sdm: EPTP },
  supervisorShadowStack: { low: 7, high: 7, title: "Supervisor shadow-stack pages enforced", sdm: EPTP },
  pml4Address: { low: 12, high: 51, title: "Page frame of the root table", sdm: EPTP },
} as const satisfies MsrFieldDefs;

/** Fields of EPT entries; which of them an entry has depends on its level and on whether it maps a page. */
export const EPT_ENTRY_FIELDS = {
  read: { low: 0, high: 0, title: "Read access", sdm: ENTRY },
  write: { low: 1, high: 1, title: "Write access", sdm: ENTRY },
  execute: {
    low: 2,
    high: 2,
    title: "Execute access, for supervisor-mode addresses under mode-based control",
    sdm: ENTRY,
  },
  memoryType: { low: 3, high: 5, title: "Memory type of the page", sdm: ENTRY },
  ignorePat: { low: 6, high: 6, title: "Ignore PAT", sdm: ENTRY },
  largePage: { low: 7, high: 7, title: "Entry maps a page above the last level", sdm: ENTRY },
  accessed: { low: 8, high: 8, title: "Accessed", sdm: ENTRY },
  dirty: { low: 9, high: 9, title: "Dirty", sdm: ENTRY },
  executeUser: {
    low: 10,
    high: 10,
    title: "Execute access for user-mode addresses under mode-based control",
    sdm: ENTRY,
  },
  frame: { low: 12, high: 51, title: "Page frame of the page or of the next table", sdm: ENTRY },
  verifyGuestPaging: { low: 57, high: 57, title: "Verify guest paging", sdm: ENTRY },
  pagingWrite: { low: 58, high: 58, title: "Paging-write access", sdm: ENTRY },
  supervisorShadowStack: { low: 60, high: 60, title: "Supervisor shadow-stack page", sdm: ENTRY },
  subPageWrite: { low: 61, high: 61, title: "Sub-page write permissions", sdm: ENTRY },
  suppressVe: { low: 63, high: 63, title: "Suppress #VE", sdm: ENTRY },
} as const satisfies MsrFieldDefs;

/** Fields of the exit qualification of an EPT violation. */
export const EPT_VIOLATION_FIELDS = {
  dataRead: { low: 0, high: 0, title: "Access was a data read", sdm: VIOLATION },
  dataWrite: { low: 1, high: 1, title: "Access was a data write", sdm: VIOLATION },
  instructionFetch: { low: 2, high: 2, title: "Access was an instruction fetch", sdm: VIOLATION },
  readable: { low: 3, high: 3, title: "Guest-physical address was readable", sdm: VIOLATION },
  writable: { low: 4, high: 4, title: "Guest-physical address was writable", sdm: VIOLATION },
  executable: { low: 5, high: 5, title: "Guest-physical address was executable", sdm: VIOLATION },
  userExecutable: { low: 6, high: 6, title: "Guest-physical address was executable in user mode", sdm: VIOLATION },
  linearAddressValid: { low: 7, high: 7, title: "Guest-linear address is valid", sdm: VIOLATION },
  finalTranslation: {
    low: 8,
    high: 8,
    title: "Access was to the translated address, not to a paging structure",
    sdm: VIOLATION,
  },
  userModeLinear: { low: 9, high: 9, title: "Linear address was a user-mode address", sdm: VIOLATION },
  writableLinear: { low: 10, high: 10, title: "Guest paging allowed writes", sdm: VIOLATION },
  executeDisabledLinear: { low: 11, high: 11, title: "Guest paging disabled execution", sdm: VIOLATION },
  nmiUnblocking: { low: 12, high: 12, title: "IRET had removed NMI blocking", sdm: VIOLATION },
  shadowStackAccess: { low: 13, high: 13, title: "Access was to a shadow stack", sdm: VIOLATION },
  supervisorShadowStackPage: {
    low: 14,
    high: 14,
    title: "Entry marked a supervisor shadow-stack page",
    sdm: VIOLATION,
  },
  guestPagingVerification: { low: 15, high: 15, title: "Guest-paging verification caused the exit", sdm: VIOLATION },
  asynchronous: { low: 16, high: 16, title: "Access was asynchronous to instructions", sdm: VIOLATION },
} as const satisfies MsrFieldDefs;
