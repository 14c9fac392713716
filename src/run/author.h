/**
 * author.h: who sits at this machine, as it is kept with a nudge.
 */
#ifndef CAV_RUN_AUTHOR_H
#define CAV_RUN_AUTHOR_H

enum { CAV_AUTHOR_SIZE = 128 };

/** "mara@host", the name by LOGNAME, USER or the list of users. */
void cav_author_name(char ret_author[CAV_AUTHOR_SIZE]);

#endif
