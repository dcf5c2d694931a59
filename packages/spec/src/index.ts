export { bit, bitsOf, hex, hi32, high32, lo32, low32, maskBits, signExtend, testBit, u64, type Word } from "./bits.ts";
export { type Citation, type Cited, checkCited, documentOf, parseCitation } from "./citation.ts";
export { CONTROL_REGISTER_BITS } from "./control-register-bits-table.ts";
export {
  CONTROL_WORD_NAMES,
  CONTROL_WORDS,
  type ControlName,
  controlAtBit,
  controlBit,
  controlDef,
  controlMask,
  controlsOf,
  controlWordDef,
} from "./control-words.ts";
export { type ControlBitDef, type ControlWordDef, defineControls } from "./controls.ts";
export {
  CPUID_FEATURE_NAMES,
  type CpuidFeature,
  type CpuidFeatureDef,
  cpuidFeature,
  cpuidFeaturesOf,
  isCpuidFeature,
} from "./cpuid-features.ts";
export { CPUID_WORDS, type CpuidRegister, type CpuidWordDef } from "./cpuid-words-table.ts";
export { APM_DOCUMENTS, DOCUMENTS, type ManualDocument, type ManualKey, SDM_DOCUMENTS } from "./documents.ts";
export { EPT_ENTRY_FIELDS, EPT_VIOLATION_FIELDS, EPTP_FIELDS } from "./ept.ts";
export {
  EVMCS_ALL_CLEAN,
  EVMCS_CLEAN_FIELDS,
  EVMCS_FIELDS,
  EVMCS_OFFSETS,
  EVMCS_VERSION,
  type EvmcsCleanField,
  type EvmcsFieldDef,
  VP_ASSIST_OFFSETS,
} from "./evmcs-fields-table.ts";
export {
  EXCEPTIONS,
  type ExceptionClass,
  type ExceptionDef,
  type ExceptionName,
  exceptionMnemonic,
  exceptionName,
  makesDoubleFault,
  vectorHasErrorCode,
} from "./exceptions.ts";
export {
  EXIT_REASON_FLAGS,
  EXIT_REASON_NAMES,
  type ExitReasonName,
  exitReasonName,
  exitReasonNumber,
  isEntryFailure,
} from "./exit-reasons.ts";
export { EXIT_REASONS, type ExitReasonDef } from "./exit-reasons-table.ts";
export { MEMORY_TYPES, type MemoryType, type MemoryTypeDef, memoryTypeOf } from "./memory-types.ts";
export {
  type MsrDef,
  type MsrFieldDef,
  type MsrFieldDefs,
  msrFieldMask,
  msrFieldOf,
  withMsrField,
} from "./msr-fields.ts";
export { MSR_NAMES, type MsrName, msrAddress, msrDef, msrName, X2APIC_MSR_RANGE } from "./msrs.ts";
export { MSRS } from "./msrs-table.ts";
export {
  VM_INSTRUCTION_ERRORS,
  type VmInstructionErrorDef,
  type VmInstructionErrorName,
  vmInstructionErrorName,
  vmInstructionErrorNumber,
  vmInstructionErrorTitle,
} from "./vm-instruction-errors.ts";
export {
  VMCB_CLEAN_BITS,
  VMCB_FIELDS,
  VMCB_SAVE_AREA,
  type VmcbCleanBit,
  type VmcbField,
  type VmcbFieldDef,
  type VmcbFieldUse,
} from "./vmcb-fields-table.ts";
export {
  encodingOf,
  fieldExists,
  fieldIndex,
  fieldOfEncoding,
  requirementsOf,
  VMCS_ENCODING_RESERVED,
  VMCS_FIELD_NAMES,
  type VmcsFieldAccess,
  vmcsEnumOf,
  vmcsFieldDef,
  widthBytes,
} from "./vmcs-field.ts";
export type {
  ControlWord,
  FieldRequirement,
  VmcsFieldDef,
  VmcsFieldType,
  VmcsFieldWidth,
} from "./vmcs-field-def.ts";
export { VMCS_FIELDS, type VmcsField } from "./vmcs-fields.ts";
export { VMEXIT_CODE_NAMES, vmexitCodeDef, vmexitCodeName } from "./vmexit-codes.ts";
export { VMEXIT_CODES, VMEXIT_FAMILIES, type VmexitCodeDef, type VmexitCodeName } from "./vmexit-codes-table.ts";
export { VMX_BASIC, VMX_EPT_VPID_CAP, VMX_MISC, VMX_VMFUNC } from "./vmx-capabilities-table.ts";
export {
  PIN_BASED,
  PRIMARY_PROCESSOR_BASED,
  SECONDARY_PROCESSOR_BASED,
  SECONDARY_VM_EXIT_CONTROLS,
  TERTIARY_PROCESSOR_BASED,
  VM_ENTRY_CONTROLS,
  VM_EXIT_CONTROLS,
} from "./vmx-controls.ts";
