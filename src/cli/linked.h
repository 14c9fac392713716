/**
 * linked.h: what this program is made of.
 */
#ifndef CAV_CLI_LINKED_H
#define CAV_CLI_LINKED_H

#include "base/json.h"

/**
 * Writes an object: the program's version, the compiler that built it, the trial protocol that it
 * speaks, and the version of each library that it runs with, which need not be the one that it was
 * built with; null for one that is not there.
 */
void cav_linked_write(cav_json *json);

#endif
