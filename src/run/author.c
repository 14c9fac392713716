/**
 * author.c: who sits at this machine.
 */
#include "run/author.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void cav_author_name(char ret_author[CAV_AUTHOR_SIZE])
{
    char host[64] = "localhost";
    const struct passwd *user = getpwuid(getuid());
    gethostname(host, sizeof host - 1);
    snprintf(ret_author, CAV_AUTHOR_SIZE, "%.60s@%s", user ? user->pw_name : "?", host);
}
