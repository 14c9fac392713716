/**
 * guard.c: Host, Origin and tokens.
 */
#include "serve/guard.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { MOST_HOST = 256 };

static bool is_port(const char *text)
{
    size_t size = strspn(text, "0123456789");
    return size >= 1 && size <= 5 && text[size] == '\0';
}

// Splits "name:port" or "[::1]:port"; false for anything else.
static bool split_host(const char *host, char name[MOST_HOST])
{
    bool bracketed = host[0] == '[';
    const char *begin = host + bracketed;
    size_t size = strcspn(begin, bracketed ? "]" : ":");
    const char *rest = begin + size;
    if (size == 0 || size >= MOST_HOST || (bracketed && *rest != ']'))
        return false;
    rest += bracketed;
    memcpy(name, begin, size);
    name[size] = '\0';
    struct in6_addr address;
    if (bracketed && inet_pton(AF_INET6, name, &address) != 1)
        return false;
    return *rest == '\0' || (*rest == ':' && is_port(rest + 1));
}

bool cav_guard_knows_host(const char *host, const char *name)
{
    char given[MOST_HOST];
    struct in_addr four;
    if (!host || !split_host(host, given))
        return false;
    return host[0] == '[' || inet_pton(AF_INET, given, &four) == 1 ||
           strcasecmp(given, "localhost") == 0 || (name && strcasecmp(given, name) == 0);
}

bool cav_guard_is_own_origin(const char *origin, const char *host)
{
    if (!origin)
        return true;
    if (!host)
        return false;
    const char *rest = strncmp(origin, "https://", 8) == 0  ? origin + 8
                       : strncmp(origin, "http://", 7) == 0 ? origin + 7
                                                            : NULL;
    return rest && strcasecmp(rest, host) == 0;
}

const char *cav_guard_bearer(const char *authorization)
{
    return authorization && strncasecmp(authorization, "Bearer ", 7) == 0 ? authorization + 7
                                                                          : NULL;
}

bool cav_guard_is_token(const char *given, const char *token)
{
    unsigned differs = 0;
    if (!given || strlen(given) != CAV_TOKEN_LENGTH)
        return false; // its length is no secret
    for (size_t i = 0; i < CAV_TOKEN_LENGTH; i++)
        differs |= (unsigned)((unsigned char)given[i] ^ (unsigned char)token[i]);
    return differs == 0;
}
