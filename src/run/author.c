/**
 * author.c: who sits at this machine.
 */
#include "run/author.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Where users are listed is asked last: for want of memory glibc ends the program there.
static const char *user_name(void)
{
    static const char *const variables[] = {"LOGNAME", "USER"};
    for (int i = 0; i < 2; i++) {
        const char *name = getenv(variables[i]);
        if (name && *name)
            return name;
    }
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_name : "?";
}

void cav_author_name(char ret_author[CAV_AUTHOR_SIZE])
{
    char host[64] = "localhost";
    gethostname(host, sizeof host - 1);
    snprintf(ret_author, CAV_AUTHOR_SIZE, "%.60s@%s", user_name(), host);
}
