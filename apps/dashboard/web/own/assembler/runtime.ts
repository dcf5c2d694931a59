/** What pasted code starts as: an example that differs from product to product. */
export const EXAMPLE = `; 64-bit mode, the first 4 GiB mapped one to one. Intel's syntax, ";" begins a comment.
; "call verdict" prints a line that is compared: its name at RSI, its value in RAX.
        mov     ecx, 0x48b              ; IA32_VMX_PROCBASED_CTLS2
        rdmsr
        shl     rdx, 32
        or      rax, rdx
        lea     rsi, controls
        call    verdict
        mov     eax, 1
        cpuid
        mov     eax, ecx
        lea     rsi, features
        call    verdict
        jmp     done

controls: db "secondary-controls", 0
features: db "cpuid-1-ecx", 0
`;

/** Where pasted code lies, and what is put before it: 32-bit code that turns on 64-bit mode. */
export const CODE_BASE = 0x100200;
export const STUB_BASE = 0x100080;
export const STUB = `
  cli
  cld
  mov esp, 0x90000
  xor eax, eax
  mov edi, 0x70000
  mov ecx, 0x1800
  rep stosd
  mov dword ptr [0x70000], 0x71003
  mov dword ptr [0x71000], 0x72003
  mov dword ptr [0x71008], 0x73003
  mov dword ptr [0x71010], 0x74003
  mov dword ptr [0x71018], 0x75003
  mov edi, 0x72000
  mov eax, 0x83
  mov ecx, 2048
fill:
  mov [edi], eax
  add eax, 0x200000
  add edi, 8
  loop fill
  mov eax, cr4
  or eax, 0x20
  mov cr4, eax
  mov eax, 0x70000
  mov cr3, eax
  mov ecx, 0xc0000080
  rdmsr
  or eax, 0x100
  wrmsr
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  lgdt [0x100060]
  mov eax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  push 8
  push ${CODE_BASE}
  db 0xcb
`;

/** What pasted code may call, and what it falls into at its end. Every routine keeps all registers. */
export const ROUTINES = `
done:
  xor eax, eax
  mov edx, 0xf4
  out dx, eax
  cli
  hlt
print:
  push rax
  push rdx
  push rsi
  mov edx, 0x3f8
print_next:
  lodsb
  test al, al
  jz print_end
  out dx, al
  jmp print_next
print_end:
  pop rsi
  pop rdx
  pop rax
  ret
print_hex:
  push rax
  push rbx
  push rcx
  push rdx
  mov rbx, rax
  mov edx, 0x3f8
  mov al, 0x30
  out dx, al
  mov al, 0x78
  out dx, al
  mov ecx, 16
print_digit:
  rol rbx, 4
  mov al, bl
  and al, 15
  add al, 0x30
  cmp al, 0x39
  jbe print_it
  add al, 39
print_it:
  out dx, al
  loop print_digit
  pop rdx
  pop rcx
  pop rbx
  pop rax
  ret
verdict:
  push rsi
  push rsi
  lea rsi, verdict_word
  call print
  pop rsi
  call print
  lea rsi, verdict_equals
  call print
  call print_hex
  lea rsi, verdict_end
  call print
  pop rsi
  ret
verdict_word: db "verdict ", 0
verdict_equals: db " = ", 0
verdict_end: db 10, 0
`;
