/* python.exe and pythonw.exe of the rig: the interpreter itself is in python311.dll. */
#include <stdio.h>
#include <windows.h>

typedef int (*py_main_t)(int, wchar_t **);

int wmain(int argc, wchar_t **argv)
{
    HMODULE library = LoadLibraryW(L"python311.dll");
    if (library == NULL) {
        fprintf(stderr, "python311.dll cannot be loaded: error %lu\n", GetLastError());
        return 120;
    }
    py_main_t py_main = (py_main_t)(void *)GetProcAddress(library, "Py_Main");
    return py_main(argc, argv);
}
