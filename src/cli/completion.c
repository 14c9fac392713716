/**
 * completion.c: what a flag or an operand takes.
 */
#include "cli/completion.h"

#include "base/memory.h"
#include "base/names.h"
#include "config/preset.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "run/launcher.h"
#include "schedule/scheduler.h"
#include "search/sampler.h"

#include <string.h>

static void put(cav_text *words, const char *word)
{
    cav_text_appendf(words, "%s%s", words->size ? " " : "", word);
}

static void list_samplers(cav_text *words)
{
    for (size_t i = 0; i < cav_sampler_count; i++)
        put(words, cav_samplers[i]->name);
}

static void list_schedulers(cav_text *words)
{
    for (size_t i = 0; i < cav_scheduler_count; i++)
        put(words, cav_schedulers[i]->name);
}

static void list_presets(cav_text *words)
{
    for (size_t i = 0; i < cav_preset_count; i++)
        put(words, cav_presets[i].name);
}

static void list_imports(cav_text *words)
{
    for (size_t i = 0; i < cav_import_count; i++)
        put(words, cav_imports[i]->name);
}

static void list_exports(cav_text *words)
{
    put(words, "csv json html");
    for (size_t i = 0; i < cav_export_count; i++)
        put(words, cav_exports[i]->name);
}

static void list_launchers(cav_text *words)
{
#define X(launcher) put(words, launcher.name);
    CAV_LAUNCHERS(X)
#undef X
}

static void list_names(const cav_names *names, cav_text *words)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->words[i][0])
            put(words, names->words[i]);
}

static void list_states(cav_text *words)
{
    list_names(&cav_state_names, words);
}

static void list_reasons(cav_text *words)
{
    list_names(&cav_reason_names, words);
}

static void list_verbs(cav_text *words)
{
    for (size_t i = 0; i < cav_verb_count; i++)
        put(words, cav_verbs[i]->name);
    put(words, "samplers schedulers presets");
}

static void list_shells(cav_text *words)
{
    put(words, "bash zsh fish");
}

static void list_durabilities(cav_text *words)
{
    put(words, "full normal");
}

static void list_pandas(cav_text *words)
{
    put(words, "auto off");
}

/** Lists by the verb (NULL: any) and the flag (NULL: its operands) that take one of them. */
static const struct list {
    const char *verb, *flag;
    void (*write)(cav_text *words);
} lists[] = {
    {NULL, "sampler", list_samplers},
    {NULL, "scheduler", list_schedulers},
    {NULL, "preset", list_presets},
    {"import", "format", list_imports},
    {"export", "format", list_exports},
    {NULL, "on", list_launchers},
    {NULL, "state", list_states},
    {NULL, "failed", list_reasons},
    {NULL, "durability", list_durabilities},
    {NULL, "panda", list_pandas},
    {"help", NULL, list_verbs},
    {"completion", NULL, list_shells},
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool write_list(const cav_verb *verb, const char *flag, cav_text *words)
{
    for (size_t i = 0; i < CAV_COUNT_OF(lists); i++)
        if (same(lists[i].flag, flag) && (!lists[i].verb || same(lists[i].verb, verb->name))) {
            lists[i].write(words);
            return true;
        }
    return false;
}

// By the word that help shows for it.
static cav_taken taken_by(const char *shown)
{
    static const struct shown_word {
        const char *word;
        cav_taken takes;
    } words[] = {
        {"FILE", CAV_TAKES_FILES},         {"STORE", CAV_TAKES_FILES},
        {"[STUDY.yaml]", CAV_TAKES_FILES}, {"DIR", CAV_TAKES_FOLDERS},
        {"STUDY", CAV_TAKES_STUDIES},      {"[STUDY]", CAV_TAKES_STUDIES},
        {"TRIAL", CAV_TAKES_TRIALS},       {"[TRIAL]", CAV_TAKES_TRIALS},
    };
    size_t size = strcspn(shown, " ");
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++)
        if (strlen(words[i].word) == size && strncmp(words[i].word, shown, size) == 0)
            return words[i].takes;
    return CAV_TAKES_ANYTHING;
}

static cav_taken taken_by_flag(const cav_verb *verb, const cav_flag *flag, cav_text *words)
{
    if (write_list(verb, flag->name, words))
        return CAV_TAKES_WORDS;
    return strcmp(flag->name, "study") == 0 ? CAV_TAKES_STUDIES : taken_by(flag->value);
}

static cav_taken taken_by_operand(const cav_verb *verb, cav_text *words)
{
    return write_list(verb, NULL, words) ? CAV_TAKES_WORDS : taken_by(verb->operands);
}

// Frees the words.
static void put_action(cav_taken takes, cav_text *words, const cav_completion_actions *actions,
                       cav_text *text)
{
    if (takes == CAV_TAKES_WORDS)
        cav_text_appendf(text, "%s%s%s", actions->before_words, cav_text_get(words),
                         actions->after_words);
    else
        cav_text_append(text, actions->of[takes]);
    text->failed |= words->failed;
    cav_text_free(words);
}

void cav_completion_put_flag(const cav_verb *verb, const cav_flag *flag,
                             const cav_completion_actions *actions, cav_text *text)
{
    cav_text words = {0};
    put_action(taken_by_flag(verb, flag, &words), &words, actions, text);
}

void cav_completion_put_operand(const cav_verb *verb, const cav_completion_actions *actions,
                                cav_text *text)
{
    cav_text words = {0};
    put_action(taken_by_operand(verb, &words), &words, actions, text);
}

bool cav_completion_knows_operand(const cav_verb *verb)
{
    cav_text words = {0};
    cav_taken takes = taken_by_operand(verb, &words);
    cav_text_free(&words);
    return takes != CAV_TAKES_ANYTHING;
}
