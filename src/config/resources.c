/**
 * resources.c: the key `resources` of a study file.
 */
#include "config/resources.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CPUS = 1 << 20 };

static caviar_code read_memory(const cav_document *document, const cav_node *node,
                               const char **ret_memory, cav_error *error)
{
    const char *text;
    caviar_code code = cav_node_text(document, node, "memory", &text, error);
    if (code)
        return code;
    size_t digits = strspn(text, "0123456789");
    bool has_unit = text[digits] && strchr("KMGT", text[digits]);
    if (digits == 0 || digits > 12 || text[0] == '0' || text[digits + has_unit])
        return cav_node_fail(document, node, error,
                             "memory: a size such as 500M or 8G is expected, not '%.60s'", text);
    *ret_memory = text;
    return CAVIAR_OK;
}

static caviar_code read_time(const cav_document *document, const cav_node *node, int64_t *ret_ms,
                             cav_error *error)
{
    const char *text;
    caviar_code code = cav_node_text(document, node, "time", &text, error);
    if (!code && (!cav_duration_parse(text, ret_ms) || *ret_ms <= 0))
        return cav_node_fail(document, node, error,
                             "time: a duration such as 30m or 2h is expected, not '%.60s'", text);
    return code;
}

static caviar_code read_list(const cav_document *document, const cav_node *node, const char *name,
                             const char *example, const char *const **ret_list, size_t *ret_count,
                             cav_error *error)
{
    if (node->kind != CAV_NODE_LIST)
        return cav_node_fail(document, node, error, "%s: a list such as %s is expected", name,
                             example);
    const char **list = CAV_ARENA_NEW(document->arena, const char *, node->count);
    if (!list)
        return cav_fail_memory(error);
    for (size_t i = 0; i < node->count; i++)
        if (cav_node_text(document, &node->items[i], name, &list[i], error))
            return CAVIAR_INVALID;
    *ret_list = list;
    *ret_count = node->count;
    return CAVIAR_OK;
}

static caviar_code read_hosts(const cav_document *document, const cav_node *node,
                              cav_resources *resources, cav_error *error)
{
    caviar_code code = read_list(document, node, "hosts", "[node1, me@node2]", &resources->hosts,
                                 &resources->host_count, error);
    for (size_t i = 0; !code && i < resources->host_count; i++) {
        const char *host = resources->hosts[i];
        if (host[0] == '\0' || host[0] == '-' || host[strcspn(host, " \t\n/'\"")])
            code = cav_node_fail(document, &node->items[i], error,
                                 "hosts: a name such as node1 or me@node2 is expected, not '%.60s'",
                                 host);
    }
    return code;
}

static caviar_code read_one(const cav_document *document, const cav_node *key, const cav_node *item,
                            cav_resources *resources, cav_error *error)
{
    static const char *const known[] = {"cpus",      "gpus",    "memory",  "time",
                                        "partition", "account", "options", "hosts"};
    const char *name = key->text;
    if (strcmp(name, "cpus") == 0)
        return cav_node_int(document, item, name, 1, MOST_CPUS, &resources->cpus, error);
    if (strcmp(name, "gpus") == 0)
        return cav_node_int(document, item, name, 0, MOST_CPUS, &resources->gpus, error);
    if (strcmp(name, "memory") == 0)
        return read_memory(document, item, &resources->memory, error);
    if (strcmp(name, "time") == 0)
        return read_time(document, item, &resources->time_ms, error);
    if (strcmp(name, "partition") == 0)
        return cav_node_text(document, item, name, &resources->partition, error);
    if (strcmp(name, "account") == 0)
        return cav_node_text(document, item, name, &resources->account, error);
    if (strcmp(name, "options") == 0)
        return read_list(document, item, name, "[--exclusive, --constraint=fast]",
                         &resources->options, &resources->option_count, error);
    if (strcmp(name, "hosts") == 0)
        return read_hosts(document, item, resources, error);
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, known, CAV_COUNT_OF(known), hint);
    return cav_node_fail(document, key, error, "resources: unknown key '%.60s'%s", name, hint);
}

caviar_code cav_resources_read(const cav_document *document, const cav_node *node,
                               cav_resources *ret_resources, cav_error *error)
{
    cav_resources resources = {0};
    if (node->kind != CAV_NODE_MAP)
        return cav_node_fail(document, node, error,
                             "resources: {cpus: 4, gpus: 1, memory: 8G, time: 2h, partition: NAME} "
                             "is expected");
    for (size_t i = 0; i < node->count; i++) {
        caviar_code code = read_one(document, &node->keys[i], &node->items[i], &resources, error);
        if (code)
            return code;
    }
    *ret_resources = resources;
    return CAVIAR_OK;
}

static void add_text(cav_json *json, const char *key, const char *text)
{
    if (text)
        cav_json_add_string(json, key, text);
}

static void add_list(cav_json *json, const char *key, const char *const *list, size_t count)
{
    if (count == 0)
        return;
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        cav_json_string(json, list[i]);
    cav_json_end_array(json);
}

void cav_resources_write(const cav_resources *resources, cav_json *json)
{
    static const cav_resources nothing;
    if (memcmp(resources, &nothing, sizeof nothing) == 0)
        return;
    cav_json_key(json, "resources");
    cav_json_begin_object(json);
    if (resources->cpus)
        cav_json_add_int(json, "cpus", resources->cpus);
    if (resources->gpus)
        cav_json_add_int(json, "gpus", resources->gpus);
    add_text(json, "memory", resources->memory);
    if (resources->time_ms) {
        char time[CAV_NUMBER_SIZE];
        snprintf(time, sizeof time, "%lldms", (long long)resources->time_ms);
        cav_json_add_string(json, "time", time);
    }
    add_text(json, "partition", resources->partition);
    add_text(json, "account", resources->account);
    add_list(json, "options", resources->options, resources->option_count);
    add_list(json, "hosts", resources->hosts, resources->host_count);
    cav_json_end_object(json);
}
