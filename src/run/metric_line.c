/**
 * metric_line.c: finding metrics in lines of text.
 */
#include "run/metric_line.h"

#include "base/number.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cav_line_reader {
    const cav_spec *spec;
    regex_t *patterns; // [pattern_count] of the first metrics; unused where a metric has none
    size_t pattern_count;
};

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
}

caviar_code cav_line_reader_new(const cav_spec *spec, cav_line_reader **ret_reader,
                                cav_error *error)
{
    cav_line_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return cav_fail_memory(error);
    reader->spec = spec;
    reader->patterns = calloc(spec->metric_count, sizeof *reader->patterns);
    if (!reader->patterns) {
        free(reader);
        return cav_fail_memory(error);
    }
    for (; reader->pattern_count < spec->metric_count; reader->pattern_count++) {
        const cav_metric_spec *metric = &spec->metrics[reader->pattern_count];
        regex_t *pattern = &reader->patterns[reader->pattern_count];
        const char *text = metric->pattern ? metric->pattern : "()";
        int failed = regcomp(pattern, text, REG_EXTENDED);
        if (!failed && pattern->re_nsub >= 1)
            continue;
        char words[128] = "it needs a group, (...), around the value";
        if (failed)
            regerror(failed, pattern, words, sizeof words);
        else
            regfree(pattern);
        cav_line_reader_free(reader);
        return cav_fail(error, CAVIAR_INVALID, "the pattern of metric '%s', %s: %s", metric->name,
                        text, words);
    }
    *ret_reader = reader;
    return CAVIAR_OK;
}

void cav_line_reader_free(cav_line_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < reader->pattern_count; i++)
        regfree(&reader->patterns[i]);
    free(reader->patterns);
    free(reader);
}

// The study's own metric of that name; metric_count if there is none.
static size_t find_own(const cav_spec *spec, const char *name, size_t size)
{
    size_t m = 0;
    while (m < spec->metric_count && (strlen(spec->metrics[m].name) != size ||
                                      strncmp(spec->metrics[m].name, name, size) != 0))
        m++;
    return m;
}

// A copy of a name that is not the study's, in the line; NULL if there is no room.
static const char *keep_name(cav_line *line, const char *name, size_t size)
{
    if (line->names_size + size + 1 > sizeof line->names)
        return NULL;
    char *copy = line->names + line->names_size;
    memcpy(copy, name, size);
    copy[size] = '\0';
    line->names_size += size + 1;
    return copy;
}

// Of two values of one metric the last counts. Others never take the room of the study's own. What
// has no name, as a key of JSON may, is no metric.
static void add_metric(const cav_line_reader *reader, cav_line *line, const char *name, size_t size,
                       double value)
{
    const cav_spec *spec = reader->spec;
    if (size == 0)
        return;
    for (size_t i = 0; i < line->metric_count; i++) {
        caviar_metric *metric = &line->metrics[i];
        if (strlen(metric->name) == size && strncmp(metric->name, name, size) == 0) {
            metric->value = value;
            return;
        }
    }
    size_t own = find_own(spec, name, size);
    bool is_own = own < spec->metric_count;
    if (line->metric_count + (is_own ? 0 : spec->metric_count) >= CAV_LINE_METRICS)
        return;
    const char *kept = is_own ? spec->metrics[own].name : keep_name(line, name, size);
    if (kept)
        line->metrics[line->metric_count++] = (caviar_metric){kept, value};
}

// A number that begins at `text`; *ret_end is what follows it.
static bool read_value(const char *text, double *ret_value, const char **ret_end)
{
    size_t size = strspn(text, "+-");
    if (text[size] && strchr("nNiI", text[size]))
        size += strspn(text + size, "nafityNAFITY"); // nan, inf, infinity
    else
        size = strspn(text, "+-.0123456789eE");
    while (size > 0 && !cav_number_parse(text, size, ret_value))
        size--;
    bool ends_sentence = text[size] == '.' && !is_word_char(text[size + 1]);
    if (size == 0 || (is_word_char(text[size]) && !ends_sentence))
        return false;
    *ret_end = text + size;
    return true;
}

static bool is_step_name(const char *name, size_t size)
{
    static const char *const names[] = {"step", "epoch", "iteration", "st_worker_iter"};
    for (size_t i = 0; i < CAV_COUNT_OF(names); i++)
        if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0)
            return true;
    return false;
}

// A line may have several; what is called a step goes before an epoch, and that before the count
// that Syne Tune's reporter adds at the end.
static void take_step(cav_line *line, const char *name, double step)
{
    bool is_whole = step >= 0 && step <= 1e15 && step == floor(step);
    if (is_whole && (line->step < 0 || strncmp(name, "step", 4) == 0))
        line->step = (int64_t)step;
}

static bool is_infeasible(const char *text)
{
    return strncmp(text, "infeasible", 10) == 0 && strchr(" :,", text[10]);
}

// caviar: step=3 val_error=0.0213. False if there is no pair in it.
static bool read_own(const cav_line_reader *reader, const char *text, cav_line *line)
{
    bool any = false;
    text += strspn(text, " ");
    if (is_infeasible(text)) {
        line->is_infeasible = true;
        line->text = text + 10 + strspn(text + 10, " :,");
        return true;
    }
    while (*(text += strspn(text, " \t,;"))) {
        size_t name = strcspn(text, "= \t,;");
        const char *value_text = text + name + (text[name] == '='), *end = value_text;
        double value;
        bool is_pair = name > 0 && text[name] == '=' && read_value(value_text, &value, &end);
        if (is_pair && is_step_name(text, name))
            take_step(line, text, value);
        else if (is_pair)
            add_metric(reader, line, text, name, value);
        any |= is_pair;
        text = is_pair ? end : value_text + strcspn(value_text, " \t,;");
    }
    return any;
}

static bool read_json(const cav_line_reader *reader, const char *text, cav_line *line)
{
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r", text[size - 1]))
        size--;
    if (text[0] != '{' || size < 2 || text[size - 1] != '}')
        return false;
    json_t *object;
    if (cav_json_parse(text, size, &object, NULL))
        return false;
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value) {
        if (!json_is_number(value))
            continue;
        if (is_step_name(name, strlen(name)))
            take_step(line, name, json_number_value(value));
        else
            add_metric(reader, line, name, strlen(name), json_number_value(value));
    }
    json_decref(object);
    return true;
}

// name=value or name: value, the last one in the line.
static void read_named(const cav_line_reader *reader, const char *text, const char *name,
                       cav_line *line)
{
    size_t size = strlen(name);
    for (const char *at = text; (at = strstr(at, name)); at += size) {
        const char *after = at + size + strspn(at + size, " \t\"'");
        const char *end;
        double value;
        if ((at > text && is_word_char(at[-1])) || (*after != '=' && *after != ':'))
            continue;
        after++;
        if (read_value(after + strspn(after, " \t"), &value, &end))
            add_metric(reader, line, name, size, value);
    }
}

// The number behind a word such as "step", wherever that stands: step 3, step: #3, step [3/20]
static void read_step_behind(const char *text, const char *word, cav_line *line)
{
    size_t size = strlen(word);
    for (const char *at = text; line->step < 0 && (at = strstr(at, word)); at += size) {
        const char *number = at + size + strspn(at + size, " =:[#");
        size_t digits = strspn(number, "0123456789");
        double step;
        if ((at == text || !is_word_char(at[-1])) && cav_number_parse(number, digits, &step))
            take_step(line, word, step);
    }
}

static void read_step_beside(const char *text, cav_line *line)
{
    static const char *const words[] = {"step", "Step", "epoch", "Epoch", "iteration", "Iteration"};
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++)
        read_step_behind(text, words[i], line);
}

static void read_pattern(const cav_line_reader *reader, size_t m, const char *text, cav_line *line)
{
    regmatch_t groups[2];
    const cav_metric_spec *metric = &reader->spec->metrics[m];
    double value;
    if (regexec(&reader->patterns[m], text, 2, groups, 0) == 0 && groups[1].rm_so >= 0 &&
        cav_number_parse(text + groups[1].rm_so, (size_t)(groups[1].rm_eo - groups[1].rm_so),
                         &value))
        add_metric(reader, line, metric->name, strlen(metric->name), value);
}

static const char *skip_prefix(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

void cav_line_read(const cav_line_reader *reader, const char *text, cav_line *ret_line)
{
    ret_line->is_infeasible = false;
    ret_line->step = -1;
    ret_line->metric_count = ret_line->names_size = 0;
    ret_line->text = "";
    text += strspn(text, " \t");
    const char *own = skip_prefix(text, "caviar:");
    if (own && read_own(reader, own, ret_line))
        return;
    const char *tune = skip_prefix(text, "[tune-metric]:");
    if (read_json(reader, tune ? tune + strspn(tune, " ") : text, ret_line))
        return;
    for (size_t m = 0; m < reader->spec->metric_count; m++) {
        if (reader->spec->metrics[m].pattern)
            read_pattern(reader, m, text, ret_line);
        else
            read_named(reader, text, reader->spec->metrics[m].name, ret_line);
    }
    if (ret_line->metric_count > 0)
        read_step_beside(text, ret_line);
}

void cav_line_describe(const cav_line_reader *reader, cav_text *text)
{
    bool has_pattern = false;
    for (size_t m = 0; m < reader->spec->metric_count; m++) {
        const cav_metric_spec *metric = &reader->spec->metrics[m];
        has_pattern |= metric->pattern != NULL;
        cav_text_append(text, m ? "; and for " : "looked for ");
        if (metric->pattern)
            cav_text_appendf(text, "the pattern %s", metric->pattern);
        else
            cav_text_appendf(text, "'%s=VALUE', '%s: VALUE' and JSON lines with \"%s\"",
                             metric->name, metric->name, metric->name);
    }
    if (!has_pattern)
        cav_text_append(text, " (a study file can name another 'pattern')");
}
