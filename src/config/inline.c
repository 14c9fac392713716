/**
 * inline.c: parameters that are defined in the command that uses them.
 *
 *     --lr '{lr: log 1e-5 1}' --units '{units: int log 16 512 step x2}' --act '{act: relu|tanh}'
 *
 * The words between the braces become the map that a study file would have, so that one parser and
 * one set of messages serve both.
 */
#include "config/spec.h"

#include "base/names.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 64, MOST_FIELDS = 12 };

typedef struct builder {
    const cav_document *document;
    const char *name;                  // of the parameter
    const char *words[MOST_WORDS + 1]; // NULL at the end
    size_t count, at;
    cav_node *map;
    cav_error *error;
} builder;

static caviar_code fail_inline(const builder *build, const char *complaint)
{
    return cav_fail(build->error, CAVIAR_INVALID,
                    "parameter '%s': %s; write for example {%s: log 1e-5 1}, {%s: int 1 8}, "
                    "{%s: relu|tanh}",
                    build->name, complaint, build->name, build->name, build->name);
}

static cav_node *add_field(builder *build, const char *key)
{
    size_t i = build->map->count++;
    build->map->keys[i] = (cav_node){.kind = CAV_NODE_SCALAR, .text = key};
    return &build->map->items[i];
}

static void add_scalar(builder *build, const char *key, const char *text)
{
    *add_field(build, key) = (cav_node){.kind = CAV_NODE_SCALAR, .text = text};
}

// "a|b|c" or "0,1" as a list.
static caviar_code add_list(builder *build, const char *key, const char *text, char separator)
{
    cav_arena *arena = build->document->arena;
    size_t count = 1;
    for (const char *c = text; *c; c++)
        count += *c == separator;
    cav_node *items = CAV_ARENA_NEW(arena, cav_node, count);
    if (!items)
        return cav_fail_memory(build->error);
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(text, (char[]){separator, '\0'});
        items[i] = (cav_node){.kind = CAV_NODE_SCALAR, .text = cav_arena_text(arena, text, size)};
        if (!items[i].text)
            return cav_fail_memory(build->error);
        text += size + (text[size] != '\0');
    }
    *add_field(build, key) = (cav_node){.kind = CAV_NODE_LIST, .items = items, .count = count};
    return CAVIAR_OK;
}

static const char *next(builder *build)
{
    return build->at < build->count ? build->words[build->at++] : NULL;
}

static bool is_number(const char *word)
{
    double number;
    return word && cav_number_parse(word, strlen(word), &number);
}

static bool is_name_of(const cav_names *names, const char *word)
{
    int index;
    return word && !cav_names_find(names, word, &index, NULL);
}

// A range that begins with neither a number nor a word that is known.
static caviar_code fail_word(const builder *build, const char *word)
{
    static const char *const known[] = {"float", "int", "ordinal", "constant",
#define X(name, word, formula) word,
                                        CAVIAR_SCALES(X)
#undef X
    };
    const char *nearest = cav_text_nearest(word, known, CAV_COUNT_OF(known));
    if (!nearest)
        return fail_inline(build, "a range needs two numbers, low and high");
    return cav_fail(build->error, CAVIAR_INVALID,
                    "parameter '%s': '%.60s' is not understood; did you mean '%s'?", build->name,
                    word, nearest);
}

// [float|int] [scale] LOW HIGH
static caviar_code read_range(builder *build)
{
    const char *word = build->words[build->at];
    bool is_int = word && strcmp(word, "int") == 0;
    if (is_int || (word && strcmp(word, "float") == 0))
        word = build->words[++build->at];
    add_scalar(build, "type", is_int ? "int" : "float");
    if (is_name_of(&cav_scale_names, word)) {
        add_scalar(build, "scale", word);
        build->at++;
    }
    const char *low = next(build), *high = next(build);
    if (low && !is_number(low))
        return fail_word(build, low);
    if (!is_number(low) || !is_number(high))
        return fail_inline(build, "a range needs two numbers, low and high");
    add_scalar(build, "low", low);
    add_scalar(build, "high", high);
    return CAVIAR_OK;
}

// a|b|c, ordinal a|b|c, constant x
static caviar_code read_choices(builder *build)
{
    const char *word = next(build);
    bool is_ordinal = strcmp(word, "ordinal") == 0, is_constant = strcmp(word, "constant") == 0;
    add_scalar(build, "type", is_ordinal ? "ordinal" : is_constant ? "constant" : "categorical");
    if (is_ordinal || is_constant)
        word = next(build);
    if (!word)
        return fail_inline(build, "a value is missing");
    if (is_constant) {
        add_scalar(build, "value", word);
        return CAVIAR_OK;
    }
    return add_list(build, "choices", word, '|');
}

// prior VALUE [CONFIDENCE]
static caviar_code add_prior(builder *build, const char *value)
{
    const char *confidence = build->words[build->at];
    cav_node *keys = CAV_ARENA_NEW(build->document->arena, cav_node, 2);
    cav_node *items = CAV_ARENA_NEW(build->document->arena, cav_node, 2);
    if (!keys || !items)
        return cav_fail_memory(build->error);
    size_t count = is_name_of(&cav_confidence_names, confidence) ? 2 : 1;
    build->at += count - 1;
    keys[0] = (cav_node){.kind = CAV_NODE_SCALAR, .text = "value"};
    items[0] = (cav_node){.kind = CAV_NODE_SCALAR, .text = value};
    keys[1] = (cav_node){.kind = CAV_NODE_SCALAR, .text = "confidence"};
    items[1] = (cav_node){.kind = CAV_NODE_SCALAR, .text = confidence};
    *add_field(build, "prior") =
        (cav_node){.kind = CAV_NODE_MAP, .keys = keys, .items = items, .count = count};
    return CAVIAR_OK;
}

// step x2, default 3, tier most, live true, special 0,1, limits 1e-7 10, prior 0.01 high
static caviar_code read_extra(builder *build)
{
    static const char *const known[] = {"step",    "default", "tier", "live",
                                        "special", "limits",  "prior"};
    const char *key = next(build), *value = next(build);
    size_t which = 0;
    while (which < CAV_COUNT_OF(known) && strcmp(known[which], key) != 0)
        which++;
    if (which == CAV_COUNT_OF(known)) {
        char hint[CAV_HINT_SIZE];
        cav_text_hint(key, known, CAV_COUNT_OF(known), hint);
        return cav_fail(build->error, CAVIAR_INVALID, "parameter '%s': '%.60s' is not understood%s",
                        build->name, key, hint);
    }
    if (!value)
        return fail_inline(build, "a value is missing at the end");
    if (strcmp(key, "special") == 0)
        return add_list(build, key, value, ',');
    if (strcmp(key, "limits") == 0) {
        const char *high = next(build);
        if (!is_number(value) || !is_number(high))
            return fail_inline(build, "limits needs two numbers");
        cav_text pair = {0};
        cav_text_appendf(&pair, "%s,%s", value, high);
        caviar_code code =
            pair.failed ? cav_fail_memory(build->error) : add_list(build, key, pair.data, ',');
        cav_text_free(&pair);
        return code;
    }
    if (strcmp(key, "prior") == 0)
        return add_prior(build, value);
    add_scalar(build, key, value);
    return CAVIAR_OK;
}

static caviar_code split(builder *build, const char *text)
{
    while (*(text += strspn(text, " \t\n"))) {
        size_t size = strcspn(text, " \t\n");
        if (build->count == MOST_WORDS)
            return fail_inline(build, "too many words");
        char *word = cav_arena_text(build->document->arena, text, size);
        if (!word)
            return cav_fail_memory(build->error);
        build->words[build->count++] = word;
        text += size;
    }
    return build->count ? CAVIAR_OK : fail_inline(build, "nothing stands behind the colon");
}

static bool begins_choices(const builder *build)
{
    const char *word = build->words[0];
    return strchr(word, '|') || strcmp(word, "ordinal") == 0 || strcmp(word, "constant") == 0;
}

static caviar_code parse_flow(const cav_document *document, const char *name, const char *text,
                              cav_node *ret_node, cav_error *error)
{
    cav_document flow = {.name = "", .arena = document->arena};
    caviar_code code = cav_document_parse(&flow, text, strlen(text), error);
    if (code)
        return cav_error_prefix(error, "parameter '%s'", name);
    cav_node_forget_places(flow.root);
    *ret_node = *flow.root;
    return CAVIAR_OK;
}

caviar_code cav_inline_parse(const cav_document *document, const char *name, const char *text,
                             cav_node *ret_node, cav_error *error)
{
    text += strspn(text, " \t\n");
    if (*text == '{' || *text == '[') // what a study file would have, in one line
        return parse_flow(document, name, text, ret_node, error);
    *ret_node = (cav_node){.kind = CAV_NODE_MAP};
    ret_node->keys = CAV_ARENA_NEW(document->arena, cav_node, MOST_WORDS);
    ret_node->items = CAV_ARENA_NEW(document->arena, cav_node, MOST_WORDS);
    if (!ret_node->keys || !ret_node->items)
        return cav_fail_memory(error);
    builder build = {.document = document, .name = name, .map = ret_node, .error = error};
    caviar_code code = split(&build, text);
    if (!code)
        code = begins_choices(&build) ? read_choices(&build) : read_range(&build);
    while (!code && build.at < build.count)
        code = read_extra(&build);
    return code;
}

// A word of the command in the making: what stands between braces goes to the space.
typedef struct template_reader {
    cav_document *document;
    cav_node *space;
    cav_text word;
    cav_error *error;
} template_reader;

// The brace that closes the one at `open`; NULL if none does.
static const char *closing_brace(const char *open)
{
    int depth = 0;
    for (const char *c = open; *c; c++) {
        depth += *c == '{';
        depth -= *c == '}';
        if (depth == 0)
            return c;
    }
    return NULL;
}

static caviar_code define(template_reader *at, const char *name, const char *definition)
{
    if (cav_node_get(at->space, name))
        return cav_fail(at->error, CAVIAR_INVALID,
                        "parameter '%s' is defined twice; the second time write just {%s}", name,
                        name);
    size_t i = at->space->count;
    at->space->keys[i] = (cav_node){.kind = CAV_NODE_SCALAR, .text = name};
    caviar_code code =
        cav_inline_parse(at->document, name, definition, &at->space->items[i], at->error);
    at->space->count += !code;
    return code;
}

static caviar_code read_brace(template_reader *at, const char **from)
{
    const char *close = closing_brace(*from);
    if (!close)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "a { is never closed in '%.100s'; write {{ for "
                        "a brace",
                        *from);
    const char *inside = *from + 1, *colon = memchr(inside, ':', (size_t)(close - inside));
    const char *end = colon ? colon : close;
    while (inside < end && *inside == ' ')
        inside++;
    while (end > inside && end[-1] == ' ')
        end--;
    char *name = cav_arena_text(at->document->arena, inside, (size_t)(end - inside));
    if (!name)
        return cav_fail_memory(at->error);
    if (!cav_text_is_name(name))
        return cav_fail(at->error, CAVIAR_INVALID,
                        "'%.60s' between braces is no name; write {{ for a brace", name);
    cav_text_appendf(&at->word, "{%s}", name);
    *from = close + 1;
    if (!colon)
        return CAVIAR_OK;
    char *definition = cav_arena_text(at->document->arena, colon + 1, (size_t)(close - colon - 1));
    return definition ? define(at, name, definition) : cav_fail_memory(at->error);
}

static caviar_code read_word(template_reader *at, const char *word, const char **ret_word)
{
    cav_text_clear(&at->word);
    while (*word) {
        if (strncmp(word, "{{", 2) == 0 || strncmp(word, "}}", 2) == 0) {
            cav_text_append_size(&at->word, word, 2);
            word += 2;
        } else if (*word == '{') {
            caviar_code code = read_brace(at, &word);
            if (code)
                return code;
        } else {
            cav_text_append_char(&at->word, *word++);
        }
    }
    *ret_word = cav_arena_strdup(at->document->arena, cav_text_get(&at->word));
    return *ret_word && !at->word.failed ? CAVIAR_OK : cav_fail_memory(at->error);
}

// How many parameters the words may define at most.
static size_t count_braces(const char *const *words, size_t word_count)
{
    size_t count = 0;
    for (size_t i = 0; i < word_count; i++)
        for (const char *c = words[i]; *c; c++)
            count += *c == '{';
    return count;
}

// A name for the study: that of the program, or of the script that an interpreter runs.
static const char *name_of_command(cav_arena *arena, const char *const *words, size_t word_count)
{
    static const char *const interpreters[] = {"python", "python3", "sh",   "bash", "dash",
                                               "node",   "julia",   "ruby", "perl", "Rscript",
                                               "octave", "java",    "env",  "nice", "time"};
    for (size_t i = 0; i < word_count; i++) {
        const char *slash = strrchr(words[i], '/'), *base = slash ? slash + 1 : words[i];
        bool skipped = base[0] == '-' || base[0] == '\0';
        for (size_t k = 0; k < CAV_COUNT_OF(interpreters) && !skipped; k++)
            skipped = strcmp(base, interpreters[k]) == 0;
        if (skipped)
            continue;
        size_t size = strcspn(base, ".");
        char *name = cav_arena_text(arena, base, size);
        return name && cav_text_is_name(name) ? name : "study";
    }
    return "study";
}

static caviar_code append_item(cav_document *document, const char *key, const cav_node *item,
                               cav_error *error)
{
    cav_node name = {.kind = CAV_NODE_SCALAR, .text = key};
    return cav_node_append(document->arena, document->root, &name, item, error);
}

static caviar_code read_words(cav_document *document, const char *const *words, size_t word_count,
                              cav_error *error)
{
    size_t most = count_braces(words, word_count);
    cav_node space = {.kind = CAV_NODE_MAP,
                      .keys = CAV_ARENA_NEW(document->arena, cav_node, most),
                      .items = CAV_ARENA_NEW(document->arena, cav_node, most)};
    cav_node command = {.kind = CAV_NODE_LIST,
                        .count = word_count,
                        .items = CAV_ARENA_NEW(document->arena, cav_node, word_count)};
    if (!space.keys || !space.items || !command.items)
        return cav_fail_memory(error);
    template_reader at = {.document = document, .space = &space, .error = error};
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < word_count && !code; i++) {
        command.items[i] = (cav_node){.kind = CAV_NODE_SCALAR, .is_quoted = true};
        code = read_word(&at, words[i], &command.items[i].text);
    }
    cav_text_free(&at.word);
    if (!code && space.count == 0 && !cav_node_get(document->root, "preset"))
        code = cav_fail(error, CAVIAR_INVALID,
                        "the command varies nothing: put a parameter where its value belongs, such "
                        "as --lr '{lr: log 1e-5 1}'");
    if (!code && document->root->kind == CAV_NODE_MAP && !cav_node_get(document->root, "study")) {
        cav_node name = {.kind = CAV_NODE_SCALAR,
                         .text = name_of_command(document->arena, words, word_count)};
        code = append_item(document, "study", &name, error);
    }
    if (!code)
        code = append_item(document, "command", &command, error);
    return code ? code : append_item(document, "space", &space, error);
}

caviar_code cav_spec_from_command(const char *const *words, size_t word_count, const char *settings,
                                  cav_spec **ret_spec, cav_error *error)
{
    cav_document document = {.name = "", .arena = cav_arena_new()};
    if (!document.arena)
        return cav_fail_memory(error);
    caviar_code code = cav_document_parse(&document, settings, strlen(settings), error);
    if (!code)
        cav_node_forget_places(document.root);
    if (!code && document.root->kind != CAV_NODE_MAP)
        code = cav_fail(error, CAVIAR_INVALID, "the settings beside a command must be a map");
    if (!code)
        code = read_words(&document, words, word_count, error);
    if (code) {
        cav_arena_free(document.arena);
        return code;
    }
    return cav_spec_from_document(&document, NULL, ret_spec, error);
}
