/* What Qt6Core.dll imports of icuuc.dll, which Windows 10 has and wine 8 lacks. No converter is ever available, so Qt
   uses its own ones. */
#define EXPORT __declspec(dllexport)
#define U_UNSUPPORTED_ERROR 16

static void *none(int *error)
{
    if (error)
        *error = U_UNSUPPORTED_ERROR;
    return 0;
}

EXPORT void *ucnv_open(const char *name, int *error) { return none(error); }
EXPORT void ucnv_close(void *converter) {}
EXPORT void ucnv_reset(void *converter) {}
EXPORT signed char ucnv_getMaxCharSize(void *converter) { return 4; }
EXPORT const char *ucnv_getName(void *converter, int *error) { return none(error); }
EXPORT const char *ucnv_getStandardName(const char *name, const char *standard, int *error) { return none(error); }
EXPORT const char *ucnv_getAvailableName(int number) { return 0; }
EXPORT int ucnv_countAvailable(void) { return 0; }
EXPORT void ucnv_toUnicode(void) {}
EXPORT void ucnv_fromUnicode(void) {}
EXPORT int ucnv_toUCountPending(void *converter, int *error) { return 0; }
EXPORT int ucnv_fromUCountPending(void *converter, int *error) { return 0; }
EXPORT void ucnv_getToUCallBack(void) {}
EXPORT void ucnv_getFromUCallBack(void) {}
EXPORT void ucnv_setToUCallBack(void) {}
EXPORT void ucnv_setFromUCallBack(void) {}
EXPORT void ucnv_cbToUWriteUChars(void) {}
EXPORT void ucnv_cbFromUWriteUChars(void) {}
EXPORT void UCNV_TO_U_CALLBACK_SUBSTITUTE(void) {}
EXPORT void UCNV_FROM_U_CALLBACK_SUBSTITUTE(void) {}

int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
