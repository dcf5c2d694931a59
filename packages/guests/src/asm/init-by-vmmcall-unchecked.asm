; The same without a look at CPUID: where nested paging is not there, L2's INIT reaches the processor that it names.

%define GUEST_NAME "init-by-vmmcall-unchecked"
%define UNCHECKED
%include "init-by-vmmcall.inc"
