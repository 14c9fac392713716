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

static void add_metric(cav_line *line, const char *name, size_t size, double value)
{
    if (line->metric_count == CAV_LINE_METRICS || line->names_size + size + 1 > sizeof line->names)
        return;
    char *copy = line->names + line->names_size;
    memcpy(copy, name, size);
    copy[size] = '\0';
    line->names_size += size + 1;
    line->metrics[line->metric_count++] = (caviar_metric){copy, value};
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
        size--; // such as the point behind a sentence
    if (size == 0 || is_word_char(text[size]))
        return false;
    *ret_end = text + size;
    return true;
}

static void read_step(cav_line *line, const char *text, const char *end)
{
    double step;
    if (cav_number_parse(text, (size_t)(end - text), &step) && step >= 0 && step <= 1e15 &&
        step == floor(step))
        line->step = (int64_t)step;
}

static bool is_step_name(const char *name, size_t size)
{
    static const char *const names[] = {"step", "epoch", "iteration"};
    for (size_t i = 0; i < CAV_COUNT_OF(names); i++)
        if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0)
            return true;
    return false;
}

// caviar: step=3 val_error=0.0213
static void read_own(const char *text, cav_line *line)
{
    text += strspn(text, " ");
    if (strncmp(text, "infeasible", 10) == 0 && !is_word_char(text[10])) {
        line->is_infeasible = true;
        line->text = text + 10 + strspn(text + 10, " :");
        return;
    }
    while (*(text += strspn(text, " \t,;"))) {
        size_t name = strcspn(text, "= \t,;");
        const char *value_text = text + name + (text[name] == '='), *end = value_text;
        double value;
        bool is_pair = text[name] == '=' && read_value(value_text, &value, &end);
        if (is_pair && is_step_name(text, name))
            read_step(line, value_text, end);
        else if (is_pair)
            add_metric(line, text, name, value);
        text = is_pair ? end : value_text + strcspn(value_text, " \t,;");
    }
}

static bool read_json(const char *text, cav_line *line)
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
        if (is_step_name(name, strlen(name)) && json_is_integer(value))
            line->step = json_integer_value(value);
        else if (json_is_number(value))
            add_metric(line, name, strlen(name), json_number_value(value));
    }
    json_decref(object);
    return true;
}

// name=value or name: value, the last one in the line.
static void read_named(const char *text, const char *name, cav_line *line)
{
    size_t size = strlen(name);
    double value = NAN;
    bool found = false;
    for (const char *at = text; (at = strstr(at, name)); at += size) {
        const char *after = at + size + strspn(at + size, " \"'");
        const char *end;
        double number;
        if ((at > text && is_word_char(at[-1])) || (*after != '=' && *after != ':'))
            continue;
        after++;
        if (read_value(after + strspn(after, " "), &number, &end)) {
            value = number;
            found = true;
        }
    }
    if (found)
        add_metric(line, name, size, value);
}

// step 3, epoch=3, epoch: 3/20, (step 3)
static void read_step_beside(const char *text, cav_line *line)
{
    static const char *const names[] = {"step", "epoch", "Epoch", "Step", "iteration"};
    for (size_t i = 0; i < CAV_COUNT_OF(names) && line->step < 0; i++) {
        const char *at = strstr(text, names[i]);
        if (!at || (at > text && is_word_char(at[-1])))
            continue;
        at += strlen(names[i]);
        at += strspn(at, " =:[#");
        size_t digits = strspn(at, "0123456789");
        if (digits > 0)
            read_step(line, at, at + digits);
    }
}

static void read_pattern(const cav_line_reader *reader, size_t m, const char *text, cav_line *line)
{
    regmatch_t groups[2];
    const cav_metric_spec *metric = &reader->spec->metrics[m];
    double value;
    if (regexec(&reader->patterns[m], text, 2, groups, 0) == 0 && groups[1].rm_so >= 0 &&
        cav_number_parse(text + groups[1].rm_so, (size_t)(groups[1].rm_eo - groups[1].rm_so),
                         &value))
        add_metric(line, metric->name, strlen(metric->name), value);
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
    if (own) {
        read_own(own, ret_line);
        return;
    }
    const char *tune = skip_prefix(text, "[tune-metric]:");
    if (read_json(tune ? tune + strspn(tune, " ") : text, ret_line))
        return;
    for (size_t m = 0; m < reader->spec->metric_count; m++) {
        if (reader->spec->metrics[m].pattern)
            read_pattern(reader, m, text, ret_line);
        else
            read_named(text, reader->spec->metrics[m].name, ret_line);
    }
    if (ret_line->metric_count > 0)
        read_step_beside(text, ret_line);
}

void cav_line_describe(const cav_line_reader *reader, cav_text *text)
{
    for (size_t m = 0; m < reader->spec->metric_count; m++) {
        const cav_metric_spec *metric = &reader->spec->metrics[m];
        cav_text_append(text, m ? "; and for " : "looked for ");
        if (metric->pattern)
            cav_text_appendf(text, "the pattern %s", metric->pattern);
        else
            cav_text_appendf(text, "'%s=VALUE', '%s: VALUE' and JSON lines with \"%s\"",
                             metric->name, metric->name, metric->name);
    }
}
