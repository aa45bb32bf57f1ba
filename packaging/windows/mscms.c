/* What Qt's windows ask of mscms.dll, whose form in wine 8 ends the program when it is asked. No screen has a profile. */
#define EXPORT __declspec(dllexport)

EXPORT void *WcsCreateIccProfile(void *profile, unsigned options) { return 0; }
EXPORT void *OpenColorProfileW(void *profile, unsigned access, unsigned share, unsigned mode) { return 0; }
EXPORT int CloseColorProfile(void *profile) { return 1; }
EXPORT int GetColorProfileFromHandle(void *profile, void *buffer, unsigned *size) { return 0; }

int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
