/**
 * preset.c: the table of presets, and putting one into a study file.
 *
 * The tiers of `neural-net` follow the order that Andrew Ng gives in "Improving deep neural
 * networks" (2017): the learning rate first; momentum, mini-batch and hidden units second; layers
 * and the decay of the learning rate third; Adam's own parameters hardly ever.
 */
#include "config/preset.h"

#include "base/text.h"

#include <string.h>

const cav_preset cav_presets[] = {
    {"neural-net", "the usual hyperparameters of a neural network",
     "lr: {type: float, scale: log, low: 1e-5, high: 1, default: 0.01, tier: most}\n"
     "momentum: {type: float, scale: reverse-log, low: 0.5, high: 0.999, default: 0.9, "
     "tier: medium}\n"
     "batch: {type: int, scale: log, low: 8, high: 512, step: x2, default: 64, tier: medium}\n"
     "units: {type: int, scale: log, low: 16, high: 1024, default: 128, tier: medium}\n"
     "layers: {type: int, low: 1, high: 5, default: 2, tier: least}\n"
     "decay: {type: categorical, choices: [none, exponential, cosine], default: none, "
     "tier: least}\n"
     "l2: {type: float, scale: log, low: 1e-6, high: 0.1, special: [0], default: 0, tier: least}\n"
     "dropout: {type: float, low: 0, high: 0.6, default: 0, tier: least}\n"
     "activation: {type: categorical, choices: [relu, tanh, gelu], default: relu, tier: least}\n"
     "beta1: {type: float, scale: reverse-log, low: 0.8, high: 0.99, default: 0.9, tier: fixed}\n"
     "beta2: {type: float, scale: reverse-log, low: 0.9, high: 0.9999, default: 0.999, "
     "tier: fixed}\n"
     "epsilon: {type: float, scale: log, low: 1e-10, high: 1e-4, default: 1e-8, tier: fixed}\n"},
};
const size_t cav_preset_count = CAV_COUNT_OF(cav_presets);

static caviar_code find(const cav_document *document, const cav_node *node,
                        const cav_preset **ret_preset, cav_error *error)
{
    const char *name, *names[CAV_COUNT_OF(cav_presets)];
    caviar_code code = cav_node_text(document, node, "preset", &name, error);
    if (code)
        return code;
    for (size_t i = 0; i < cav_preset_count; i++) {
        names[i] = cav_presets[i].name;
        if (strcmp(names[i], name) != 0)
            continue;
        *ret_preset = &cav_presets[i];
        return CAVIAR_OK;
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, cav_preset_count, hint);
    return cav_node_fail(document, node, error, "preset: there is no '%.60s'%s", name, hint);
}

// Does "--lr={lr}" name lr? In "{{lr}}" the braces are braces.
static bool word_names(const char *word, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = word; (at = strchr(at, '{')); at++) {
        if (at[1] == '{')
            at++;
        else if (strncmp(at + 1, name, size) == 0 && at[1 + size] == '}')
            return true;
    }
    return false;
}

static bool command_names(const cav_node *command, const char *name)
{
    if (!command)
        return false;
    if (command->kind == CAV_NODE_SCALAR)
        return command->text && word_names(command->text, name);
    for (size_t i = 0; i < command->count; i++)
        if (command->items[i].kind == CAV_NODE_SCALAR && command->items[i].text &&
            word_names(command->items[i].text, name))
            return true;
    return false;
}

// Adds to a space those parameters of the preset that it has not and that are wanted.
static caviar_code join(cav_arena *arena, cav_node *space, const cav_node *preset,
                        const cav_node *command, cav_error *error)
{
    bool names_any = false;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < preset->count; i++)
        names_any |= command_names(command, preset->keys[i].text);
    for (size_t i = 0; i < preset->count && !code; i++) {
        const char *name = preset->keys[i].text;
        bool wanted = !names_any || command_names(command, name);
        if (wanted && !cav_node_get(space, name))
            code = cav_node_append(arena, space, &preset->keys[i], &preset->items[i], error);
    }
    return code;
}

caviar_code cav_preset_apply(cav_document *document, cav_error *error)
{
    cav_node *root = document->root;
    const cav_node *node = root->kind == CAV_NODE_MAP ? cav_node_get(root, "preset") : NULL;
    if (!node)
        return CAVIAR_OK;
    const cav_preset *preset;
    cav_document text = {.name = "", .arena = document->arena};
    caviar_code code = find(document, node, &preset, error);
    if (!code)
        code = cav_document_parse(&text, preset->space, strlen(preset->space), error);
    if (code)
        return code;
    cav_node_forget_places(text.root);
    const cav_node *command = cav_node_get(root, "command");
    cav_node *present = cav_node_get(root, "space");
    if (present && present->kind != CAV_NODE_MAP) // whoever reads the space will say so
        return CAVIAR_OK;
    if (present)
        return join(document->arena, present, text.root, command, error);
    cav_node key = {.kind = CAV_NODE_SCALAR, .text = "space"}, space = {.kind = CAV_NODE_MAP};
    code = join(document->arena, &space, text.root, command, error);
    return code ? code : cav_node_append(document->arena, root, &key, &space, error);
}
