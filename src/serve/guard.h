/**
 * guard.h: whether a request may come in: where it was sent to, which page sent it, and its token.
 *
 * A page of another site that a person has open can send requests to this machine, and can have its
 * own name point here (DNS rebinding); its answers it must not see, and change nothing. What tells
 * it apart is the Host header, which then holds a foreign name, and the Origin header.
 */
#ifndef CAV_SERVE_GUARD_H
#define CAV_SERVE_GUARD_H

#include <stdbool.h>

enum { CAV_TOKEN_LENGTH = 43, CAV_TOKEN_SIZE = CAV_TOKEN_LENGTH + 1 }; // 256 bits, six a character

/**
 * True for a Host header (NULL: none was sent) that no foreign name can be behind: an address, or
 * "localhost"; and `name`, by which a person has said that this server is called (NULL: no name).
 * A port may follow, and may be any: a tunnel may have another one.
 */
bool cav_guard_knows_host(const char *host, const char *name);

/** True if a page of this server's own sent it: Origin (NULL: not from a page) names the Host. */
bool cav_guard_is_own_origin(const char *origin, const char *host);

/** The token in an Authorization header, "Bearer TOKEN"; NULL where there is none. */
const char *cav_guard_bearer(const char *authorization);

/** Compares tokens in a time that does not tell how much of it was right. */
bool cav_guard_is_token(const char *given, const char *token);

#endif
