; INIT and start-up IPIs of a guest, seen without #SX; where CPUID does not offer nested paging the image leaves it.

%define GUEST_NAME "init-by-vmmcall"
%include "init-by-vmmcall.inc"
