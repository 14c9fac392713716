/**
 * container.c: writing and checking files of sections.
 */
#include "trainer/container.h"

#include "trainer/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { VERSION = 2, BYTE_ORDER_MARK = 0x01020304, ALIGNMENT = 8, TRAILER_SIZE = 8 };

static const char magic[8] = {'C', 'A', 'V', 'T', 'R', 'A', 'I', 'N'};

typedef struct header {
    char magic[8];
    uint32_t byte_order, version;
    uint64_t size;
    uint32_t section_count, zero;
} header;

typedef struct section_header {
    char name[SECTION_NAME_SIZE];
    uint64_t size;
} section_header;

static size_t padded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

// Writing -----------------------------------------------------------------------------------------

// A file under construction, and the checksum of what was written so far.
typedef struct summed {
    draft draft;
    uint32_t sum;
} summed;

static void put(summed *at, const void *bytes, size_t size)
{
    if (size > 0)
        at->sum = (uint32_t)crc32_z(at->sum, bytes, size);
    draft_write(&at->draft, bytes, size);
}

static void put_section(summed *at, const section *one)
{
    static const char zeros[ALIGNMENT] = {0};
    section_header head = {.size = one->size};
    memcpy(head.name, one->name, sizeof head.name);
    put(at, &head, sizeof head);
    put(at, one->bytes, one->size);
    put(at, zeros, padded(one->size) - one->size);
}

static void put_all(summed *at, const section *sections, size_t count)
{
    header head = {.byte_order = BYTE_ORDER_MARK, .version = VERSION};
    memcpy(head.magic, magic, sizeof magic);
    head.section_count = (uint32_t)count;
    head.size = sizeof head + TRAILER_SIZE;
    for (size_t i = 0; i < count; i++)
        head.size += sizeof(section_header) + padded(sections[i].size);
    put(at, &head, sizeof head);
    for (size_t i = 0; i < count; i++)
        put_section(at, &sections[i]);
    uint32_t trailer[2] = {at->sum, 0};
    put(at, trailer, sizeof trailer);
}

caviar_code container_write(const char *path, const section *sections, size_t count,
                            train_error *error)
{
    summed at = {.sum = 0};
    caviar_code code = draft_begin(path, &at.draft, error);
    if (code)
        return code;
    put_all(&at, sections, count);
    return draft_end(&at.draft, error);
}

// Reading -----------------------------------------------------------------------------------------

static caviar_code check_header(const header *head, size_t size, train_error *error)
{
    if (size < sizeof *head + TRAILER_SIZE || memcmp(head->magic, magic, sizeof magic) != 0)
        return train_fail(error, CAVIAR_CORRUPT, "not a file of caviar-train");
    if (head->byte_order != BYTE_ORDER_MARK)
        return train_fail(error, CAVIAR_CORRUPT, "written on a machine of another byte order");
    if (head->version > VERSION)
        return train_fail(error, CAVIAR_VERSION, "written by a newer caviar-train (format %u)",
                          head->version);
    if (head->version == 0 || head->zero != 0 || size % ALIGNMENT != 0)
        return train_fail(error, CAVIAR_CORRUPT, "the header is damaged");
    if (head->size != size)
        return train_fail(error, CAVIAR_CORRUPT, "the file has %zu bytes, its header says %llu",
                          size, (unsigned long long)head->size);
    if (head->section_count > MOST_SECTIONS)
        return train_fail(error, CAVIAR_CORRUPT, "the header promises %u sections",
                          head->section_count);
    return CAVIAR_OK;
}

static caviar_code check_sum(const uint8_t *bytes, size_t size, train_error *error)
{
    uint32_t trailer[2];
    memcpy(trailer, bytes + size - TRAILER_SIZE, sizeof trailer);
    if (trailer[0] != (uint32_t)crc32_z(0, bytes, size - TRAILER_SIZE) || trailer[1] != 0)
        return train_fail(error, CAVIAR_CORRUPT, "the checksum is wrong: the file is damaged");
    return CAVIAR_OK;
}

caviar_code container_parse(const void *bytes, size_t size, container *ret_container,
                            train_error *error)
{
    header head = {{0}, 0, 0, 0, 0, 0};
    container into = {.count = 0};
    memcpy(&head, bytes, size < sizeof head ? size : sizeof head);
    caviar_code code = check_header(&head, size, error);
    if (!code)
        code = check_sum(bytes, size, error);
    if (code)
        return code;
    into.version = head.version;
    const char *rest = (const char *)bytes + sizeof head;
    size_t left = size - sizeof head - TRAILER_SIZE;
    while (into.count < head.section_count) {
        section_header one;
        if (left < sizeof one)
            return train_fail(error, CAVIAR_CORRUPT, "a section is missing");
        memcpy(&one, rest, sizeof one);
        rest += sizeof one;
        left -= sizeof one;
        if (one.size > left) // what is left is a multiple of the alignment
            return train_fail(error, CAVIAR_CORRUPT, "a section is cut off");
        section *at = &into.sections[into.count++];
        memcpy(at->name, one.name, sizeof one.name);
        at->bytes = rest;
        at->size = (size_t)one.size;
        rest += padded(at->size);
        left -= padded(at->size);
    }
    if (left > 0)
        return train_fail(error, CAVIAR_CORRUPT, "there are bytes behind the last section");
    *ret_container = into;
    return CAVIAR_OK;
}

static caviar_code read_whole(int fd, const char *path, void **ret_bytes, size_t *ret_size,
                              train_error *error)
{
    struct stat about;
    if (fstat(fd, &about))
        return train_fail_errno(error, errno, "cannot read %s", path);
    if (!S_ISREG(about.st_mode))
        return train_fail(error, CAVIAR_INVALID, "%s is not a regular file", path);
    size_t size = (size_t)about.st_size, used = 0;
    char *bytes = malloc(size + 1);
    if (!bytes)
        return train_fail_memory(error);
    while (used < size) {
        ssize_t got = read(fd, bytes + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            return train_fail_errno(error, errno, "cannot read %s", path);
        }
        if (got == 0) // it shrank
            break;
        used += (size_t)got;
    }
    *ret_bytes = bytes;
    *ret_size = used;
    return CAVIAR_OK;
}

caviar_code container_read(const char *path, container *ret_container, train_error *error)
{
    void *bytes = NULL;
    size_t size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return train_fail_errno(error, errno, "cannot open %s", path);
    caviar_code code = read_whole(fd, path, &bytes, &size, error);
    close(fd);
    if (code)
        return code;
    code = container_parse(bytes, size, ret_container, error);
    if (code) {
        free(bytes);
        return train_error_prefix(error, "%s", path);
    }
    ret_container->owned = bytes;
    return CAVIAR_OK;
}

void container_clear(container *at)
{
    free(at->owned);
    *at = (container){.count = 0};
}

const section *container_find(const container *at, const char *name)
{
    for (size_t i = 0; i < at->count; i++)
        if (strcmp(at->sections[i].name, name) == 0)
            return &at->sections[i];
    return NULL;
}
