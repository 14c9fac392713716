/**
 * library.c: the dynamic linker, asked by hand.
 */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

caviar_code cav_library_load(const cav_library *library, void *table, void **ret_handle,
                             cav_error *error)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "%s needs %s, which is not here (%s); Debian has it in the package %s",
                        library->purpose, library->name, dlerror(), library->package);
    for (size_t i = 0; i < library->symbol_count; i++) {
        const cav_library_symbol *symbol = &library->symbols[i];
        void *function = dlsym(handle, symbol->name);
        if (!function) {
            dlclose(handle);
            return cav_fail(error, CAVIAR_VERSION,
                            "%s needs %s %s or newer; the one that is here has no %s",
                            library->purpose, library->name, library->version, symbol->name);
        }
        memcpy((char *)table + symbol->offset, &function, sizeof function);
    }
    *ret_handle = handle;
    return CAVIAR_OK;
}

void cav_library_release(void *handle)
{
    if (handle)
        dlclose(handle);
}
