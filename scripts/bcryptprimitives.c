/* What Go programs need of bcryptprimitives.dll: random bytes. Wine 8 has no such library. scripts/test-windows puts this one into the
   Windows that the tests run in. */
unsigned char __stdcall SystemFunction036(void *bytes, unsigned long size); /* RtlGenRandom, of advapi32.dll */

__declspec(dllexport) int __stdcall ProcessPrng(void *bytes, unsigned long long size) { return SystemFunction036(bytes, (unsigned long)size); }
