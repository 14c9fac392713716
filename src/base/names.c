/**
 * names.c: the tables of words that the X-macros of caviar.h define, and the public names.
 */
#include "base/names.h"

#include "base/text.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define X2(name, word) word,
#define X3(name, word, formula) word,
#define CODE_WORD(name, word, text) word,
#define CODE_TEXT(name, word, text) text,
static const char *const code_words[] = {CAVIAR_CODES(CODE_WORD)};
static const char *const code_sentences[] = {CAVIAR_CODES(CODE_TEXT)};
static const char *const type_words[] = {CAVIAR_TYPES(X2)};
static const char *const scale_words[] = {CAVIAR_SCALES(X3)};
static const char *const tier_words[] = {CAVIAR_TIERS(X2)};
static const char *const confidence_words[] = {CAVIAR_CONFIDENCES(X2)};
static const char *const state_words[] = {CAVIAR_STATES(X2)};
static const char *const reason_words[] = {CAVIAR_REASONS(X2)};
static const char *const verdict_words[] = {CAVIAR_VERDICTS(X2)};

static const cav_names code_names = {"code", code_words, COUNT_OF(code_words)};
static const cav_names code_texts = {"code", code_sentences, COUNT_OF(code_sentences)};
const cav_names cav_type_names = {"type", type_words, COUNT_OF(type_words)};
const cav_names cav_scale_names = {"scale", scale_words, COUNT_OF(scale_words)};
const cav_names cav_tier_names = {"tier", tier_words, COUNT_OF(tier_words)};
const cav_names cav_confidence_names = {"confidence", confidence_words, COUNT_OF(confidence_words)};
const cav_names cav_state_names = {"state", state_words, COUNT_OF(state_words)};
const cav_names cav_reason_names = {"reason", reason_words, COUNT_OF(reason_words)};
const cav_names cav_verdict_names = {"verdict", verdict_words, COUNT_OF(verdict_words)};

caviar_code cav_names_find(const cav_names *names, const char *word, int *ret_index,
                           cav_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->words[i][0] && strcmp(names->words[i], word) == 0) {
            *ret_index = (int)i;
            return CAVIAR_OK;
        }
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(word, names->words, names->count, hint);
    return cav_fail(error, CAVIAR_INVALID, "unknown %s '%s'%s", names->what, word, hint);
}

static const char *name_at(const cav_names *names, int index)
{
    return index >= 0 && (size_t)index < names->count ? names->words[index] : "";
}

const char *caviar_type_name(caviar_type type)
{
    return name_at(&cav_type_names, (int)type);
}

const char *caviar_scale_name(caviar_scale scale)
{
    return name_at(&cav_scale_names, (int)scale);
}

const char *caviar_tier_name(caviar_tier tier)
{
    return name_at(&cav_tier_names, (int)tier);
}

const char *caviar_confidence_name(caviar_confidence confidence)
{
    return name_at(&cav_confidence_names, (int)confidence);
}

const char *caviar_state_name(caviar_state state)
{
    return name_at(&cav_state_names, (int)state);
}

const char *caviar_reason_name(caviar_reason reason)
{
    return name_at(&cav_reason_names, (int)reason);
}

const char *caviar_verdict_name(caviar_verdict verdict)
{
    return name_at(&cav_verdict_names, (int)verdict);
}

const char *caviar_code_name(caviar_code code)
{
    return name_at(&code_names, (int)code);
}

const char *caviar_code_text(caviar_code code)
{
    return name_at(&code_texts, (int)code);
}
