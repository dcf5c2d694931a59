import type { CpuidFeature } from "@hvdiff/spec";

/** CPUID features that must all be there. `nobody` has instructions that CPUID does not announce, as those of SEAM. */
export type FeatureRule = readonly (CpuidFeature | "nobody")[];

/** What mnemonics need, and what some of their forms need instead. */
export interface FeatureRow {
  readonly mnemonics: string;
  readonly needs: FeatureRule;
  /** Forms with an XMM operand (legacy encodings) or a YMM operand (VEX). */
  readonly wide?: FeatureRule;
  /** Forms whose last operand is a register. */
  readonly fromRegister?: FeatureRule;
}

/**
 * The CPUID features of the instructions that not every x86-64 processor has (SDM 2 "Instruction Set Reference", the "CPUID Feature Flag"
 * columns; APM 3 for AMD's). Mnemonics that are missing belong to the base architecture.
 */
export const INSTRUCTION_FEATURES: readonly FeatureRow[] = [
  // General-purpose and system instructions.
  {
    mnemonics:
      "cmovo cmovno cmovb cmovae cmove cmovne cmovbe cmova cmovs cmovns cmovp cmovnp cmovl cmovge cmovle cmovg fcmovb fcmove fcmovbe fcmovu fcmovnb fcmovne fcmovnbe fcmovnu fucomi fcomi fucomip fcomip",
    needs: ["cmov"],
  },
  { mnemonics: "cmpxchg8b", needs: ["cx8"] },
  { mnemonics: "cmpxchg16b", needs: ["cx16"] },
  { mnemonics: "rdtsc", needs: ["tsc"] },
  { mnemonics: "rdmsr wrmsr", needs: ["msr"] },
  { mnemonics: "sysenter sysexit", needs: ["sep"] },
  { mnemonics: "syscall sysret", needs: ["syscall"] },
  { mnemonics: "swapgs", needs: ["lm"] },
  { mnemonics: "rdtscp", needs: ["rdtscp"] },
  { mnemonics: "rdpid", needs: ["rdpid"] },
  { mnemonics: "monitor mwait", needs: ["monitor"] },
  { mnemonics: "clflush", needs: ["clflush"] },
  { mnemonics: "clflushopt", needs: ["clflushopt"] },
  { mnemonics: "clwb", needs: ["clwb"] },
  { mnemonics: "popcnt", needs: ["popcnt"] },
  { mnemonics: "lzcnt", needs: ["abm"] },
  { mnemonics: "movbe", needs: ["movbe"] },
  { mnemonics: "crc32", needs: ["sse4.2"] },
  { mnemonics: "andn bextr blsi blsmsk blsr tzcnt", needs: ["bmi1"] },
  { mnemonics: "bzhi mulx pdep pext rorx sarx shlx shrx", needs: ["bmi2"] },
  { mnemonics: "adcx adox", needs: ["adx"] },
  { mnemonics: "rdrand", needs: ["rdrand"] },
  { mnemonics: "rdseed", needs: ["rdseed"] },
  { mnemonics: "rdfsbase rdgsbase wrfsbase wrgsbase", needs: ["fsgsbase"] },
  { mnemonics: "invpcid", needs: ["invpcid"] },
  { mnemonics: "clac stac", needs: ["smap"] },
  { mnemonics: "rdpkru wrpkru", needs: ["pku"] },
  {
    mnemonics: "vmcall vmclear vmlaunch vmptrld vmptrst vmread vmresume vmwrite vmxoff vmxon vmfunc invept invvpid",
    needs: ["vmx"],
  },
  { mnemonics: "getsec", needs: ["smx"] },
  { mnemonics: "wbnoinvd", needs: ["wbnoinvd"] },
  { mnemonics: "fxsave fxrstor", needs: ["fxsr"] },
  { mnemonics: "xgetbv xsetbv xsave xrstor", needs: ["xsave"] },
  { mnemonics: "xsaveopt", needs: ["xsaveopt"] },
  { mnemonics: "xsavec", needs: ["xsavec"] },
  { mnemonics: "xsaves xrstors", needs: ["xsaves"] },
  { mnemonics: "xbegin xend xabort", needs: ["rtm"] },
  { mnemonics: "xtest", needs: ["rtm"] },
  { mnemonics: "encls enclu enclv", needs: ["sgx"] },
  { mnemonics: "pconfig", needs: ["pconfig"] },
  { mnemonics: "pbndkb", needs: ["pbndkb"] },
  { mnemonics: "ptwrite", needs: ["ptwrite"] },
  { mnemonics: "tpause umonitor umwait", needs: ["waitpkg"] },
  { mnemonics: "serialize", needs: ["serialize"] },
  { mnemonics: "movdiri", needs: ["movdiri"] },
  { mnemonics: "movdir64b", needs: ["movdir64b"] },
  { mnemonics: "enqcmd enqcmds", needs: ["enqcmd"] },
  { mnemonics: "incssp saveprevssp rstorssp setssbsy clrssbsy wrss wruss", needs: ["cet-ss"] },
  { mnemonics: "clui stui testui uiret senduipi", needs: ["uintr"] },
  { mnemonics: "wrmsrns", needs: ["wrmsrns"] },
  { mnemonics: "rdmsrlist wrmsrlist", needs: ["msrlist"] },
  { mnemonics: "lkgs", needs: ["lkgs"] },
  { mnemonics: "erets eretu", needs: ["fred"] },
  { mnemonics: "xsusldtrk xresldtrk", needs: ["tsx-ldtrk"] },
  { mnemonics: "aadd aand aor axor", needs: ["rao-int"] },
  {
    mnemonics:
      "cmpoxadd cmpnoxadd cmpbxadd cmpnbxadd cmpzxadd cmpnzxadd cmpbexadd cmpnbexadd cmpsxadd cmpnsxadd cmppxadd cmpnpxadd cmplxadd cmpnlxadd cmplexadd cmpnlexadd",
    needs: ["cmpccxadd"],
  },
  { mnemonics: "rdssp", needs: ["cet-ss"] },
  { mnemonics: "endbr32 endbr64", needs: ["cet-ibt"] },
  { mnemonics: "mpx", needs: ["mpx"] },
  { mnemonics: "cldemote", needs: ["cldemote"] },
  { mnemonics: "prefetchit0 prefetchit1", needs: ["prefetchiti"] },
  { mnemonics: "hreset", needs: ["hreset"] },
  { mnemonics: "tdcall seamcall seamops seamret", needs: ["nobody"] },
  // AMD's system instructions.
  { mnemonics: "vmrun vmmcall vmload vmsave stgi clgi invlpga", needs: ["svm"] },
  { mnemonics: "skinit", needs: ["skinit"] },
  { mnemonics: "monitorx mwaitx", needs: ["mwaitx"] },
  { mnemonics: "clzero", needs: ["clzero"] },
  { mnemonics: "rdpru", needs: ["rdpru"] },
  { mnemonics: "mcommit", needs: ["mcommit"] },
  { mnemonics: "invlpgb tlbsync", needs: ["invlpgb"] },
  { mnemonics: "psmash pvalidate rmpadjust rmpquery rmpupdate vmgexit", needs: ["sev-snp"] },
  // Key Locker.
  {
    mnemonics: "encodekey128 encodekey256 aesenc128kl aesdec128kl aesenc256kl aesdec256kl",
    needs: ["aeskle"],
  },
  { mnemonics: "loadiwkey", needs: ["kl"] },
  { mnemonics: "aesencwide128kl aesdecwide128kl aesencwide256kl aesdecwide256kl", needs: ["aeskle", "aes-wide-kl"] },
  // x87: every mnemonic in f that is not listed elsewhere.
  {
    mnemonics:
      "wait fadd fmul fcom fcomp fsub fsubr fdiv fdivr fld fst fstp fldenv fldcw fnstenv fnstcw fxch fnop fstpnce fchs fabs ftst fxam fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp fincstp fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos fiadd fimul ficom ficomp fisub fisubr fidiv fidivr fucompp fild fist fistp fneni fndisi fnclex fninit fnsetpm frstor fnsave fnstsw ffree fucom fucomp faddp fmulp fcompp fsubrp fsubp fdivrp fdivp fbld fbstp ffreep",
    needs: ["fpu"],
  },
  { mnemonics: "fisttp", needs: ["pni"] },
  // MMX and SSE.
  {
    mnemonics:
      "movd movq packsswb packssdw packuswb paddb paddw paddd paddsb paddsw paddusb paddusw pand pandn pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pmaddwd pmulhw pmullw por psllw pslld psllq psraw psrad psrlw psrld psrlq psubb psubw psubd psubsb psubsw psubusb psubusw punpckhbw punpckhwd punpckhdq punpcklbw punpcklwd punpckldq pxor",
    needs: ["mmx"],
    wide: ["sse2"],
  },
  { mnemonics: "emms", needs: ["mmx"] },
  {
    mnemonics: "pavgb pavgw pextrw pinsrw pmaxsw pmaxub pminsw pminub pmovmskb pmulhuw psadbw",
    needs: ["sse"],
    wide: ["sse2"],
  },
  {
    mnemonics:
      "addps addss andnps andps cmpps cmpss comiss cvtpi2ps cvtps2pi cvtsi2ss cvtss2si cvttps2pi cvttss2si divps divss ldmxcsr maskmovq maxps maxss minps minss movaps movhlps movhps movlhps movlps movmskps movntps movntq movss movups mulps mulss orps prefetchnta prefetcht0 prefetcht1 prefetcht2 pshufw rcpps rcpss rsqrtps rsqrtss sfence shufps sqrtps sqrtss stmxcsr subps subss ucomiss unpckhps unpcklps xorps",
    needs: ["sse"],
  },
  {
    mnemonics:
      "addpd addsd andnpd andpd cmppd cmpsd.x comisd cvtdq2pd cvtdq2ps cvtpd2dq cvtpd2pi cvtpd2ps cvtpi2pd cvtps2dq cvtps2pd cvtsd2si cvtsd2ss cvtsi2sd cvtss2sd cvttpd2dq cvttpd2pi cvttps2dq cvttsd2si divpd divsd lfence maskmovdqu maxpd maxsd mfence minpd minsd movapd movdq2q movdqa movdqu movhpd movlpd movmskpd movntdq movnti movntpd movq2dq movsd.x movupd mulpd mulsd orpd paddq pmuludq pshufd pshufhw pshuflw pslldq psrldq psubq punpckhqdq punpcklqdq shufpd sqrtpd sqrtsd subpd subsd ucomisd unpckhpd unpcklpd xorpd",
    needs: ["sse2"],
  },
  {
    mnemonics: "addsubpd addsubps haddpd haddps hsubpd hsubps lddqu movddup movshdup movsldup",
    needs: ["pni"],
  },
  {
    mnemonics:
      "pabsb pabsd pabsw palignr phaddd phaddsw phaddw phsubd phsubsw phsubw pmaddubsw pmulhrsw pshufb psignb psignd psignw",
    needs: ["ssse3"],
  },
  {
    mnemonics:
      "blendpd blendps blendvpd blendvps dppd dpps extractps insertps movntdqa mpsadbw packusdw pblendvb pblendw pcmpeqq pextrb pextrd pextrq phminposuw pinsrb pinsrd pinsrq pmaxsb pmaxsd pmaxud pmaxuw pminsb pminsd pminud pminuw pmovsxbd pmovsxbq pmovsxbw pmovsxdq pmovsxwd pmovsxwq pmovzxbd pmovzxbq pmovzxbw pmovzxdq pmovzxwd pmovzxwq pmuldq pmulld ptest roundpd roundps roundsd roundss",
    needs: ["sse4.1"],
  },
  { mnemonics: "pcmpestri pcmpestrm pcmpgtq pcmpistri pcmpistrm", needs: ["sse4.2"] },
  { mnemonics: "extrq insertq movntsd movntss", needs: ["sse4a"] },
  { mnemonics: "aesdec aesdeclast aesenc aesenclast aesimc aeskeygenassist", needs: ["aes"] },
  { mnemonics: "pclmulqdq", needs: ["pclmulqdq"] },
  { mnemonics: "sha1msg1 sha1msg2 sha1nexte sha1rnds4 sha256msg1 sha256msg2 sha256rnds2", needs: ["sha-ni"] },
  { mnemonics: "gf2p8affineinvqb gf2p8affineqb gf2p8mulb", needs: ["gfni"] },
  {
    mnemonics:
      "femms pi2fd pf2id pfcmpge pfmin pfrcp pfrsqrt pfsub pfadd pfcmpgt pfmax pfrcpit1 pfrsqit1 pfsubr pfacc pfcmpeq pfmul pfrcpit2 pmulhrw pavgusb",
    needs: ["3dnow"],
  },
  { mnemonics: "pi2fw pf2iw pfnacc pfpnacc pswapd", needs: ["3dnowext"] },
  // VEX.
  {
    mnemonics:
      "vaddpd vaddps vaddsd vaddss vaddsubpd vaddsubps vandnpd vandnps vandpd vandps vblendpd vblendps vblendvpd vblendvps vbroadcastf128 vcmppd vcmpps vcmpsd vcmpss vcomisd vcomiss vcvtdq2pd vcvtdq2ps vcvtpd2dq vcvtpd2ps vcvtps2dq vcvtps2pd vcvtsd2si vcvtsd2ss vcvtsi2sd vcvtsi2ss vcvtss2sd vcvtss2si vcvttpd2dq vcvttps2dq vcvttsd2si vcvttss2si vdivpd vdivps vdivsd vdivss vdppd vdpps vextractf128 vextractps vhaddpd vhaddps vhsubpd vhsubps vinsertf128 vinsertps vlddqu vldmxcsr vmaskmovdqu vmaskmovpd vmaskmovps vmaxpd vmaxps vmaxsd vmaxss vminpd vminps vminsd vminss vmovapd vmovaps vmovd vmovddup vmovdqa vmovdqu vmovhlps vmovhpd vmovhps vmovlhps vmovlpd vmovlps vmovmskpd vmovmskps vmovntdq vmovntpd vmovntps vmovq vmovsd vmovshdup vmovsldup vmovss vmovupd vmovups vmulpd vmulps vmulsd vmulss vorpd vorps vpcmpestri vpcmpestrm vpcmpistri vpcmpistrm vperm2f128 vpermilpd vpermilps vpextrb vpextrd vpextrq vpextrw vphminposuw vpinsrb vpinsrd vpinsrq vpinsrw vptest vrcpps vrcpss vroundpd vroundps vroundsd vroundss vrsqrtps vrsqrtss vshufpd vshufps vsqrtpd vsqrtps vsqrtsd vsqrtss vstmxcsr vsubpd vsubps vsubsd vsubss vtestpd vtestps vucomisd vucomiss vunpckhpd vunpckhps vunpcklpd vunpcklps vxorpd vxorps vzeroall vzeroupper",
    needs: ["avx"],
  },
  {
    mnemonics:
      "vmovntdqa vmpsadbw vpabsb vpabsd vpabsw vpackssdw vpacksswb vpackusdw vpackuswb vpaddb vpaddd vpaddq vpaddsb vpaddsw vpaddusb vpaddusw vpaddw vpalignr vpand vpandn vpavgb vpavgw vpblendvb vpblendw vpcmpeqb vpcmpeqd vpcmpeqq vpcmpeqw vpcmpgtb vpcmpgtd vpcmpgtq vpcmpgtw vphaddd vphaddsw vphaddw vphsubd vphsubsw vphsubw vpmaddubsw vpmaddwd vpmaxsb vpmaxsd vpmaxsw vpmaxub vpmaxud vpmaxuw vpminsb vpminsd vpminsw vpminub vpminud vpminuw vpmovmskb vpmovsxbd vpmovsxbq vpmovsxbw vpmovsxdq vpmovsxwd vpmovsxwq vpmovzxbd vpmovzxbq vpmovzxbw vpmovzxdq vpmovzxwd vpmovzxwq vpmuldq vpmulhrsw vpmulhuw vpmulhw vpmulld vpmullw vpmuludq vpor vpsadbw vpshufb vpshufd vpshufhw vpshuflw vpsignb vpsignd vpsignw vpslld vpslldq vpsllq vpsllw vpsrad vpsraw vpsrld vpsrldq vpsrlq vpsrlw vpsubb vpsubd vpsubq vpsubsb vpsubsw vpsubusb vpsubusw vpsubw vpunpckhbw vpunpckhdq vpunpckhqdq vpunpckhwd vpunpcklbw vpunpckldq vpunpcklqdq vpunpcklwd vpxor",
    needs: ["avx"],
    wide: ["avx2"],
  },
  {
    mnemonics:
      "vbroadcasti128 vextracti128 vgatherdpd vgatherdps vgatherqpd vgatherqps vinserti128 vpblendd vpbroadcastb vpbroadcastd vpbroadcastq vpbroadcastw vperm2i128 vpermd vpermpd vpermps vpermq vpgatherdd vpgatherdq vpgatherqd vpgatherqq vpmaskmovd vpmaskmovq vpsllvd vpsllvq vpsravd vpsrlvd vpsrlvq",
    needs: ["avx2"],
  },
  { mnemonics: "vbroadcastsd vbroadcastss", needs: ["avx"], fromRegister: ["avx2"] },
  { mnemonics: "vcvtph2ps vcvtps2ph", needs: ["f16c"] },
  {
    mnemonics:
      "vfmadd132pd vfmadd132ps vfmadd132sd vfmadd132ss vfmadd213pd vfmadd213ps vfmadd213sd vfmadd213ss vfmadd231pd vfmadd231ps vfmadd231sd vfmadd231ss vfmaddsub132pd vfmaddsub132ps vfmaddsub213pd vfmaddsub213ps vfmaddsub231pd vfmaddsub231ps vfmsub132pd vfmsub132ps vfmsub132sd vfmsub132ss vfmsub213pd vfmsub213ps vfmsub213sd vfmsub213ss vfmsub231pd vfmsub231ps vfmsub231sd vfmsub231ss vfmsubadd132pd vfmsubadd132ps vfmsubadd213pd vfmsubadd213ps vfmsubadd231pd vfmsubadd231ps vfnmadd132pd vfnmadd132ps vfnmadd132sd vfnmadd132ss vfnmadd213pd vfnmadd213ps vfnmadd213sd vfnmadd213ss vfnmadd231pd vfnmadd231ps vfnmadd231sd vfnmadd231ss vfnmsub132pd vfnmsub132ps vfnmsub132sd vfnmsub132ss vfnmsub213pd vfnmsub213ps vfnmsub213sd vfnmsub213ss vfnmsub231pd vfnmsub231ps vfnmsub231sd vfnmsub231ss",
    needs: ["fma"],
  },
  {
    mnemonics:
      "vfmaddpd vfmaddps vfmaddsd vfmaddss vfmaddsubpd vfmaddsubps vfmsubaddpd vfmsubaddps vfmsubpd vfmsubps vfmsubsd vfmsubss vfnmaddpd vfnmaddps vfnmaddsd vfnmaddss vfnmsubpd vfnmsubps vfnmsubsd vfnmsubss",
    needs: ["fma4"],
  },
  { mnemonics: "vpermil2pd vpermil2ps", needs: ["xop"] },
  { mnemonics: "vaesimc vaeskeygenassist", needs: ["aes", "avx"] },
  {
    mnemonics: "vaesdec vaesdeclast vaesenc vaesenclast",
    needs: ["aes", "avx"],
    wide: ["vaes"],
  },
  { mnemonics: "vpclmulqdq", needs: ["pclmulqdq", "avx"], wide: ["vpclmulqdq"] },
  { mnemonics: "vgf2p8affineinvqb vgf2p8affineqb vgf2p8mulb", needs: ["avx", "gfni"] },
  { mnemonics: "vpdpbusd vpdpbusds vpdpwssd vpdpwssds", needs: ["avx-vnni"] },
  { mnemonics: "vpdpbuud vpdpbuuds vpdpbsud vpdpbsuds vpdpbssd vpdpbssds", needs: ["avx-vnni-int8"] },
  { mnemonics: "vpdpwuud vpdpwuuds vpdpwusd vpdpwusds vpdpwsud vpdpwsuds", needs: ["avx-vnni-int16"] },
  {
    mnemonics: "vbcstnebf162ps vbcstnesh2ps vcvtneebf162ps vcvtneeph2ps vcvtneobf162ps vcvtneoph2ps vcvtneps2bf16",
    needs: ["avx-ne-convert"],
  },
  { mnemonics: "vpmadd52huq vpmadd52luq", needs: ["avx-ifma"] },
  { mnemonics: "vsha512msg1 vsha512msg2 vsha512rnds2", needs: ["avx", "sha512"] },
  { mnemonics: "vsm3msg1 vsm3msg2 vsm3rnds2", needs: ["avx", "sm3"] },
  { mnemonics: "vsm4key4 vsm4rnds4", needs: ["avx", "sm4"] },
  {
    mnemonics: "kandw kandnw knotw korw kxnorw kxorw kunpckbw kmovw kortestw kshiftlw kshiftrw",
    needs: ["avx512f"],
  },
  {
    mnemonics: "kaddb kaddw kandb kandnb kmovb knotb korb kortestb kshiftlb kshiftrb ktestb ktestw kxnorb kxorb",
    needs: ["avx512dq"],
  },
  {
    mnemonics:
      "kaddd kaddq kandd kandq kandnd kandnq kmovd kmovq knotd knotq kord korq kortestd kortestq kshiftld kshiftlq kshiftrd kshiftrq ktestd ktestq kunpckdq kunpckwd kxnord kxnorq kxord kxorq",
    needs: ["avx512bw"],
  },
  { mnemonics: "ldtilecfg sttilecfg tileloadd tileloaddt1 tilerelease tilestored tilezero", needs: ["amx-tile"] },
  { mnemonics: "tdpbf16ps", needs: ["amx-bf16"] },
  { mnemonics: "tdpbssd tdpbsud tdpbusd tdpbuud", needs: ["amx-int8"] },
  { mnemonics: "tdpfp16ps", needs: ["amx-fp16"] },
  { mnemonics: "tcmmimfp16ps tcmmrlfp16ps", needs: ["amx-complex"] },
];

/** The same for EVEX encodings beyond AVX512F; vectors shorter than 512 bits need AVX512VL as well. */
export const EVEX_FEATURES: readonly FeatureRow[] = [
  {
    mnemonics:
      "vandnpd vandnps vandpd vandps vbroadcastf32x2 vbroadcastf32x8 vbroadcastf64x2 vbroadcasti32x2 vbroadcasti32x8 vbroadcasti64x2 vcvtpd2qq vcvtpd2uqq vcvtps2qq vcvtps2uqq vcvtqq2pd vcvtqq2ps vcvttpd2qq vcvttpd2uqq vcvttps2qq vcvttps2uqq vcvtuqq2pd vcvtuqq2ps vextractf32x8 vextractf64x2 vextracti32x8 vextracti64x2 vfpclasspd vfpclassps vfpclasssd vfpclassss vinsertf32x8 vinsertf64x2 vinserti32x8 vinserti64x2 vorpd vorps vpextrd vpextrq vpinsrd vpinsrq vpmovd2m vpmovm2d vpmovm2q vpmovq2m vpmullq vrangepd vrangeps vrangesd vrangess vreducepd vreduceps vreducesd vreducess vxorpd vxorps",
    needs: ["avx512f", "avx512dq"],
  },
  {
    mnemonics:
      "vdbpsadbw vmovdqu16 vmovdqu8 vpabsb vpabsw vpackssdw vpacksswb vpackusdw vpackuswb vpaddb vpaddsb vpaddsw vpaddusb vpaddusw vpaddw vpalignr vpavgb vpavgw vpblendmb vpblendmw vpbroadcastb vpbroadcastw vpcmpb vpcmpeqb vpcmpeqw vpcmpgtb vpcmpgtw vpcmpub vpcmpuw vpcmpw vpermi2w vpermt2w vpermw vpextrb vpextrw vpinsrb vpinsrw vpmaddubsw vpmaddwd vpmaxsb vpmaxsw vpmaxub vpmaxuw vpminsb vpminsw vpminub vpminuw vpmovb2m vpmovm2b vpmovm2w vpmovswb vpmovsxbw vpmovuswb vpmovw2m vpmovwb vpmovzxbw vpmulhrsw vpmulhuw vpmulhw vpmullw vpsadbw vpshufb vpshufhw vpshuflw vpslldq vpsllvw vpsllw vpsravw vpsraw vpsrldq vpsrlvw vpsrlw vpsubb vpsubsb vpsubsw vpsubusb vpsubusw vpsubw vptestmb vptestmw vptestnmb vptestnmw vpunpckhbw vpunpckhwd vpunpcklbw vpunpcklwd",
    needs: ["avx512f", "avx512bw"],
  },
  {
    mnemonics: "vpbroadcastmb2q vpbroadcastmw2d vpconflictd vpconflictq vplzcntd vplzcntq",
    needs: ["avx512f", "avx512cd"],
  },
  {
    mnemonics: "vpdpbusd vpdpbusds vpdpwssd vpdpwssds",
    needs: ["avx512f", "avx512vnni"],
  },
  {
    mnemonics: "vcvtne2ps2bf16 vcvtneps2bf16 vdpbf16ps",
    needs: ["avx512f", "avx512-bf16"],
  },
  {
    mnemonics: "vp4dpwssd vp4dpwssds",
    needs: ["avx512f", "avx512-4vnniw"],
  },
  {
    mnemonics: "vpopcntb vpopcntw vpshufbitqmb",
    needs: ["avx512f", "avx512bitalg"],
  },
  {
    mnemonics: "vpopcntd vpopcntq",
    needs: ["avx512f", "avx512-vpopcntdq"],
  },
  {
    mnemonics:
      "vpcompressb vpcompressw vpexpandb vpexpandw vpshldd vpshldq vpshldvd vpshldvq vpshldvw vpshldw vpshrdd vpshrdq vpshrdvd vpshrdvq vpshrdvw vpshrdw",
    needs: ["avx512f", "avx512vbmi2"],
  },
  {
    mnemonics: "vp2intersectd vp2intersectq",
    needs: ["avx512f", "avx512-vp2intersect"],
  },
  {
    mnemonics: "vpermb vpermi2b vpermt2b vpmultishiftqb",
    needs: ["avx512f", "avx512vbmi"],
  },
  {
    mnemonics: "v4fmaddps v4fmaddss v4fnmaddps v4fnmaddss",
    needs: ["avx512f", "avx512-4fmaps"],
  },
  {
    mnemonics: "vpmadd52huq vpmadd52luq",
    needs: ["avx512f", "avx512ifma"],
  },
  {
    mnemonics:
      "vgatherpf0dpd vgatherpf0dps vgatherpf0qpd vgatherpf0qps vgatherpf1dpd vgatherpf1dps vgatherpf1qpd vgatherpf1qps vscatterpf0dpd vscatterpf0dps vscatterpf0qpd vscatterpf0qps vscatterpf1dpd vscatterpf1dps vscatterpf1qpd vscatterpf1qps",
    needs: ["avx512f", "avx512pf"],
  },
  {
    mnemonics: "vexp2pd vexp2ps vrcp28pd vrcp28ps vrcp28sd vrcp28ss vrsqrt28pd vrsqrt28ps vrsqrt28sd vrsqrt28ss",
    needs: ["avx512f", "avx512er"],
  },
  {
    mnemonics: "vgf2p8affineinvqb vgf2p8affineqb vgf2p8mulb",
    needs: ["avx512f", "gfni"],
  },
  {
    mnemonics: "vaesdec vaesdeclast vaesenc vaesenclast",
    needs: ["avx512f", "vaes"],
  },
  {
    mnemonics: "vpclmulqdq",
    needs: ["avx512f", "vpclmulqdq"],
  },
  {
    mnemonics:
      "vaddph vaddsh vcmpph vcmpsh vcomish vcvtdq2ph vcvtpd2ph vcvtph2dq vcvtph2pd vcvtph2psx vcvtph2qq vcvtph2udq vcvtph2uqq vcvtph2uw vcvtph2w vcvtps2phx vcvtqq2ph vcvtsd2sh vcvtsh2sd vcvtsh2si vcvtsh2ss vcvtsh2usi vcvtsi2sh vcvtss2sh vcvttph2dq vcvttph2qq vcvttph2udq vcvttph2uqq vcvttph2uw vcvttph2w vcvttsh2si vcvttsh2usi vcvtudq2ph vcvtuqq2ph vcvtusi2sh vcvtuw2ph vcvtw2ph vdivph vdivsh vfcmaddcph vfcmaddcsh vfcmulcph vfcmulcsh vfmadd132ph vfmadd132sh vfmadd213ph vfmadd213sh vfmadd231ph vfmadd231sh vfmaddcph vfmaddcsh vfmaddsub132ph vfmaddsub213ph vfmaddsub231ph vfmsub132ph vfmsub132sh vfmsub213ph vfmsub213sh vfmsub231ph vfmsub231sh vfmsubadd132ph vfmsubadd213ph vfmsubadd231ph vfmulcph vfmulcsh vfnmadd132ph vfnmadd132sh vfnmadd213ph vfnmadd213sh vfnmadd231ph vfnmadd231sh vfnmsub132ph vfnmsub132sh vfnmsub213ph vfnmsub213sh vfnmsub231ph vfnmsub231sh vfpclassph vfpclasssh vgetexpph vgetexpsh vgetmantph vgetmantsh vmaxph vmaxsh vminph vminsh vmovsh vmovw vmulph vmulsh vrcpph vrcpsh vreduceph vreducesh vrndscaleph vrndscalesh vrsqrtph vrsqrtsh vscalefph vscalefsh vsqrtph vsqrtsh vsubph vsubsh vucomish",
    needs: ["avx512f", "avx512-fp16"],
  },
];

/** The same for XOP encodings that are not XOP's own (APM 3 "Instruction Subsets and CPUID Feature Flags"). */
export const XOP_FEATURES: readonly FeatureRow[] = [
  { mnemonics: "bextr blcfill blsfill blcs tzmsk blcic blsic t1mskc blcmsk blci", needs: ["tbm"] },
  { mnemonics: "llwpcb slwpcb lwpins lwpval", needs: ["lwp"] },
];
