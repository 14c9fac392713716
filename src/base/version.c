/**
 * version.c: the version of the library that is running.
 */
#include "caviar.h"

#define WORD(x) #x
#define DOTTED(major, minor, patch) WORD(major) "." WORD(minor) "." WORD(patch)

const char *caviar_version(void)
{
    return DOTTED(CAVIAR_VERSION_MAJOR, CAVIAR_VERSION_MINOR, CAVIAR_VERSION_PATCH);
}
