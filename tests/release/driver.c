// Runs one call of the CPU kernels on a system that Python is not on: DRIVER LIBRARY FUNCTION FILE.
//
// FILE holds the job's structure and the arrays that it points to (tests/release/foreign.py); the
// arrays are written back into it, after the call's result.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static void* find(const char* library, const char* name) {
    HMODULE module = LoadLibraryA(library);
    return module ? (void*)GetProcAddress(module, name) : NULL;
}
#else
#include <dlfcn.h>
static void* find(const char* library, const char* name) {
    void* module = dlopen(library, RTLD_NOW);
    if (!module) fprintf(stderr, "%s\n", dlerror());
    return module ? dlsym(module, name) : NULL;
}
#endif

typedef struct {
    int64_t bytes;
    char* data;
} Array;

static int64_t number(FILE* file) {
    int64_t value = 0;
    return fread(&value, 8, 1, file) == 1 ? value : -1;
}

static char* aligned(size_t bytes) {
    char* memory = malloc(bytes + 64);
    return memory + (64 - (uintptr_t)memory % 64);
}

int main(int count, char** arguments) {
    if (count != 4) return 1;
    int64_t (*call)(const void*) = find(arguments[1], arguments[2]);
    if (!call) return 2;
    FILE* file = fopen(arguments[3], "rb");
    const size_t bytes = (size_t)number(file);
    char* job = aligned(bytes);
    if (fread(job, bytes, 1, file) != 1) return 3;
    const int64_t arrays = number(file);
    Array array[32];
    if (arrays > 32) return 4;
    for (int64_t i = 0; i < arrays; i++) {
        const int64_t offset = number(file);
        array[i].bytes = number(file);
        array[i].data = aligned((size_t)array[i].bytes);
        if (fread(array[i].data, (size_t)array[i].bytes, 1, file) != 1) return 3;
        memcpy(job + offset, &array[i].data, sizeof(char*));
    }
    fclose(file);
    const int64_t result = call(job);
    file = fopen(arguments[3], "wb");
    fwrite(&result, 8, 1, file);
    for (int64_t i = 0; i < arrays; i++) fwrite(array[i].data, (size_t)array[i].bytes, 1, file);
    return fclose(file);
}
