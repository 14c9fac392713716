/**
 * hiding.c: passwords in command lines: postgresql://user:PASSWORD@host, …?password=PASSWORD.
 */
#include "cli/hiding.h"

#include <stdlib.h>
#include <string.h>

static void blot(char *from, const char *end)
{
    while (from < end)
        *from++ = '*';
}

// A password may hold any sign but the one that ends it.
bool cav_hide_password(char *argument)
{
    char *authority = strstr(argument, "://");
    if (!authority)
        return false;
    authority += 3;
    bool found = false;
    char *end = authority + strcspn(authority, "/?");
    char *at = memrchr(authority, '@', (size_t)(end - authority));
    char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (colon && colon + 1 < at) {
        blot(colon + 1, at);
        found = true;
    }
    for (char *key = strstr(authority, "password="); key; key = strstr(key, "password=")) {
        key += strlen("password=");
        blot(key, key + strcspn(key, "&"));
        found = true;
    }
    return found;
}

caviar_code cav_hide_passwords(int argc, char **argv, cav_error *error)
{
    for (int i = 0; i < argc; i++) {
        char *copy = strdup(argv[i]); // lives as long as the program
        if (!copy)
            return cav_fail_memory(error);
        if (cav_hide_password(argv[i]))
            argv[i] = copy;
        else
            free(copy);
    }
    return CAVIAR_OK;
}
