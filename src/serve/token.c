/**
 * token.c: reading and making the token.
 */
#include "serve/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool draw(char ret_token[CAV_TOKEN_SIZE])
{
    unsigned char bytes[CAV_TOKEN_LENGTH];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < CAV_TOKEN_LENGTH; i++)
        ret_token[i] = alphabet[bytes[i] % 64];
    ret_token[CAV_TOKEN_LENGTH] = '\0';
    return true;
}

static caviar_code make_folders(const char *path, cav_error *error)
{
    char folder[4096];
    if (strlen(path) >= sizeof folder)
        return cav_fail(error, CAVIAR_INVALID, "the token file's name is too long");
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0700) && errno != EEXIST)
            return cav_fail_errno(error, errno, "cannot make the folder %s", folder);
    }
    return CAVIAR_OK;
}

static caviar_code read_token(int file, const char *path, char *ret_token, cav_error *error)
{
    struct stat facts;
    char token[CAV_TOKEN_SIZE + 1];
    if (fstat(file, &facts))
        return cav_fail_errno(error, errno, "cannot read %s", path);
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & 077))
        return cav_fail(error, CAVIAR_INVALID,
                        "%s is not a file that only its owner may read; chmod 600 it, or remove it "
                        "and get a new token",
                        path);
    if (facts.st_uid != geteuid()) // who else made it knows what is in it
        return cav_fail(error, CAVIAR_INVALID,
                        "%s belongs to another user; name another place with --token-file", path);
    ssize_t size = read(file, token, sizeof token);
    bool is_whole = size == CAV_TOKEN_LENGTH + 1 && token[CAV_TOKEN_LENGTH] == '\n';
    token[CAV_TOKEN_LENGTH] = '\0';
    if (!is_whole || strspn(token, alphabet) != CAV_TOKEN_LENGTH)
        return cav_fail(error, CAVIAR_INVALID, "%s holds no token; remove it and get a new one",
                        path);
    memcpy(ret_token, token, CAV_TOKEN_SIZE);
    return CAVIAR_OK;
}

static caviar_code write_token(int file, const char *path, char *ret_token, cav_error *error)
{
    char token[CAV_TOKEN_SIZE];
    if (!draw(token))
        return cav_fail_errno(error, errno, "there is no randomness for a token");
    if (dprintf(file, "%s\n", token) != CAV_TOKEN_LENGTH + 1 || fsync(file))
        return cav_fail_errno(error, errno, "cannot write %s", path);
    memcpy(ret_token, token, sizeof token);
    return CAVIAR_OK;
}

caviar_code cav_token_load(const char *path, char ret_token[CAV_TOKEN_SIZE], cav_error *error)
{
    caviar_code code = make_folders(path, error);
    if (code)
        return code;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_new = file >= 0;
    if (!is_new && errno == EEXIST)
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return cav_fail_errno(error, errno, "cannot open the token file %s", path);
    code = is_new ? write_token(file, path, ret_token, error)
                  : read_token(file, path, ret_token, error);
    close(file);
    if (code && is_new)
        unlink(path);
    return code;
}
