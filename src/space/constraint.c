/**
 * constraint.c: constraints by way of SQLite's expressions.
 *
 * The statement is SELECT (expression) FROM (SELECT ?1 AS "units", ?2 AS "layers"), with one
 * column for each parameter whose name stands in the expression. The expression is copied token by
 * token: one that would leave its parentheses, or has comments, variables or semicolons, is
 * refused, and whole numbers become reals. An authorizer allows the two SELECTs that are ours and
 * functions that only compute; everything else is refused when the statement is compiled, so
 * nothing in a study file can reach a file or a table.
 */
#include "space/constraint.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LONGEST_EXPRESSION = 4096,
    MOST_STEPS = 100000, // of SQLite's virtual machine, for one evaluation; up to twice as many
    MOST_NAMES = 1000,   // in one expression
};

struct cav_constraint {
    char *text;
    sqlite3 *db;
    sqlite3_stmt *statement;
    size_t *parameters; // [parameter_count] that are bound to ?1, ?2, …
    size_t parameter_count;
    int selects; // seen while compiling
    int ticks;   // of MOST_STEPS, since the evaluation began
};

static const char *const allowed_functions[] = {
    "abs", "ceil",  "ceiling", "coalesce", "exp",   "floor", "ifnull", "iif",    "like",
    "ln",  "log",   "log10",   "log2",     "lower", "max",   "min",    "mod",    "nullif",
    "pow", "power", "round",   "sign",     "sqrt",  "trunc", "upper",  "length",
};

static bool is_allowed_function(const char *name)
{
    for (size_t i = 0; i < sizeof allowed_functions / sizeof allowed_functions[0]; i++)
        if (strcmp(allowed_functions[i], name) == 0)
            return true;
    return false;
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    (void)first, (void)database, (void)trigger;
    cav_constraint *constraint = context;
    if (action == SQLITE_SELECT) // the outer one, the inner one, and no third
        return ++constraint->selects <= 2 ? SQLITE_OK : SQLITE_DENY;
    if (action == SQLITE_FUNCTION && second && is_allowed_function(second))
        return SQLITE_OK;
    return SQLITE_DENY;
}

// SQLite counts the steps of all evaluations together, so the first tick may come at any time.
static int give_up(void *context)
{
    cav_constraint *constraint = context;
    return ++constraint->ticks > 1;
}

static caviar_code open_sandbox(cav_constraint *constraint, cav_error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(":memory:", &constraint->db, flags, NULL) != SQLITE_OK)
        return cav_fail_memory(error);
    sqlite3_db_config(constraint->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(constraint->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    sqlite3_limit(constraint->db, SQLITE_LIMIT_LENGTH, 65536);
    sqlite3_limit(constraint->db, SQLITE_LIMIT_EXPR_DEPTH, 100);
    sqlite3_limit(constraint->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(constraint->db, SQLITE_LIMIT_COMPOUND_SELECT, 1);
    sqlite3_limit(constraint->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100);
    sqlite3_set_authorizer(constraint->db, authorize, constraint);
    sqlite3_progress_handler(constraint->db, MOST_STEPS, give_up, constraint);
    return CAVIAR_OK;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static caviar_code fail_shape(const cav_constraint *constraint, cav_error *error)
{
    return cav_fail(error, CAVIAR_INVALID, "constraint '%s' is not one expression",
                    constraint->text);
}

// Does the name stand in the expression as a word, or between double quotes?
static bool mentions(const char *expression, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = expression; (at = strstr(at, name)); at++) {
        bool begins = at == expression || !is_word_char(at[-1]);
        if (begins && !is_word_char(at[size]))
            return true;
    }
    return false;
}

static void append_column(cav_text *sql, size_t index, const char *name)
{
    // names have no quotes in them: cav_text_is_name
    cav_text_appendf(sql, "%s?%zu AS \"%s\"", index ? ", " : "", index + 1, name);
}

// SQL does not tell upper from lower case in names, so two such names would be one.
static caviar_code check_case(const cav_constraint *constraint, const cav_space *space,
                              const char *name, cav_error *error)
{
    for (size_t i = 0; i < constraint->parameter_count; i++) {
        const char *other = space->parameters[constraint->parameters[i]].name;
        if (strcasecmp(name, other) == 0)
            return cav_fail(error, CAVIAR_INVALID,
                            "constraint '%s': '%s' and '%s' differ only in case; rename one",
                            constraint->text, other, name);
    }
    return CAVIAR_OK;
}

static caviar_code collect_parameters(cav_constraint *constraint, const cav_space *space,
                                      cav_text *sql, cav_error *error)
{
    constraint->parameters = calloc(space->count + 1, sizeof *constraint->parameters);
    if (!constraint->parameters)
        return cav_fail_memory(error);
    for (size_t i = 0; i < space->count; i++) {
        if (!mentions(constraint->text, space->parameters[i].name))
            continue;
        if (constraint->parameter_count == MOST_NAMES)
            return cav_fail(error, CAVIAR_INVALID, "constraint: more than %d names", MOST_NAMES);
        if (check_case(constraint, space, space->parameters[i].name, error))
            return CAVIAR_INVALID;
        append_column(sql, constraint->parameter_count, space->parameters[i].name);
        constraint->parameters[constraint->parameter_count++] = i;
    }
    if (constraint->parameter_count == 0)
        return cav_fail(error, CAVIAR_INVALID, "constraint '%s' names no parameter",
                        constraint->text);
    return CAVIAR_OK;
}

// The end of a number: digits, a fraction, an exponent. *ret_whole: it has neither of the latter.
static const char *number_end(const char *at, bool *ret_whole)
{
    static const char digits[] = "0123456789";
    const char *end = at + strspn(at, digits);
    *ret_whole = !is_word_char(*end) && *end != '.';
    if (*end == '.')
        end += 1 + strspn(end + 1, digits);
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '+' || end[1] == '-');
        end = power + strspn(power, digits);
    }
    return end;
}

// The end of the token that begins here; NULL if it may not stand in an expression.
static const char *token_end(const char *at, bool *ret_whole)
{
    *ret_whole = false;
    if (*at == '\'' || *at == '"' || *at == '`' || *at == '[') {
        const char *end = strchr(at + 1, *at == '[' ? ']' : *at);
        return end ? end + 1 : NULL;
    }
    if ((*at >= '0' && *at <= '9') || (*at == '.' && at[1] >= '0' && at[1] <= '9'))
        return number_end(at, ret_whole);
    if (is_word_char(*at)) {
        while (is_word_char(*at))
            at++;
        return at;
    }
    bool comment = strncmp(at, "--", 2) == 0 || strncmp(at, "/*", 2) == 0;
    return comment || strchr(";?:@$#", *at) ? NULL : at + 1;
}

// Copies the expression, whose parentheses must close, with its whole numbers as reals.
static caviar_code append_expression(const cav_constraint *constraint, cav_text *sql,
                                     cav_error *error)
{
    int depth = 0;
    const char *end;
    for (const char *at = constraint->text; *at && depth >= 0; at = end) {
        bool whole;
        end = token_end(at, &whole);
        if (!end)
            return fail_shape(constraint, error);
        depth += (*at == '(') - (*at == ')');
        cav_text_append_size(sql, at, (size_t)(end - at));
        cav_text_append(sql, whole ? ".0" : "");
    }
    return depth == 0 ? CAVIAR_OK : fail_shape(constraint, error);
}

static caviar_code prepare(cav_constraint *constraint, const char *sql, cav_error *error)
{
    const char *rest = NULL;
    int status = sqlite3_prepare_v3(constraint->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &constraint->statement, &rest);
    if (status == SQLITE_NOMEM)
        return cav_fail_memory(error);
    if (status == SQLITE_AUTH)
        return cav_fail(error, CAVIAR_INVALID,
                        "constraint '%s': only comparisons, arithmetic and plain functions (abs, "
                        "min, max, log, pow, round, ...) may be used",
                        constraint->text);
    if (status != SQLITE_OK)
        return cav_fail(error, CAVIAR_INVALID, "constraint '%s': %s", constraint->text,
                        sqlite3_errmsg(constraint->db));
    constraint->selects = 0; // should it ever be compiled again
    bool whole = constraint->statement && rest && *rest == '\0' &&
                 sqlite3_column_count(constraint->statement) == 1;
    return whole ? CAVIAR_OK : fail_shape(constraint, error);
}

static caviar_code compile(cav_constraint *constraint, const cav_space *space, cav_error *error)
{
    caviar_code code = open_sandbox(constraint, error);
    if (code)
        return code;
    cav_text sql = {0};
    cav_text_append(&sql, "SELECT (");
    code = append_expression(constraint, &sql, error);
    cav_text_append(&sql, ") FROM (SELECT ");
    if (!code)
        code = collect_parameters(constraint, space, &sql, error);
    cav_text_append(&sql, ")");
    if (!code)
        code = sql.failed ? cav_fail_memory(error) : prepare(constraint, sql.data, error);
    cav_text_free(&sql);
    return code;
}

caviar_code cav_constraint_new(const cav_space *space, const char *expression,
                               cav_constraint **ret_constraint, cav_error *error)
{
    if (strlen(expression) > LONGEST_EXPRESSION)
        return cav_fail(error, CAVIAR_INVALID, "constraint: longer than %d bytes",
                        LONGEST_EXPRESSION);
    cav_constraint *constraint = calloc(1, sizeof *constraint);
    if (!constraint)
        return cav_fail_memory(error);
    constraint->text = strdup(expression);
    caviar_code code =
        constraint->text ? compile(constraint, space, error) : cav_fail_memory(error);
    if (code) {
        cav_constraint_free(constraint);
        return code;
    }
    *ret_constraint = constraint;
    return CAVIAR_OK;
}

void cav_constraint_free(cav_constraint *constraint)
{
    if (!constraint)
        return;
    sqlite3_finalize(constraint->statement);
    sqlite3_close(constraint->db);
    free(constraint->parameters);
    free(constraint->text);
    free(constraint);
}

static void append_quoted(const char *word, char quote, cav_text *text)
{
    cav_text_appendf(text, "%c", quote);
    for (; *word; word++)
        cav_text_appendf(text, *word == quote ? "%c%c" : "%c", *word, quote);
    cav_text_appendf(text, "%c", quote);
}

void cav_constraint_exclude(const cav_parameter *parameter, double choice, cav_text *text)
{
    caviar_value value = cav_parameter_value(parameter, choice);
    append_quoted(parameter->name, '"', text);
    cav_text_append(text, " <> ");
    if (value.kind == CAVIAR_KIND_TEXT)
        append_quoted(value.text, '\'', text);
    else if (value.kind == CAVIAR_KIND_BOOL)
        cav_text_append(text, value.truth ? "1" : "0");
    else
        cav_value_print(&value, text);
}

const char *cav_constraint_text(const cav_constraint *constraint)
{
    return constraint->text;
}

static void bind(sqlite3_stmt *statement, int index, const cav_parameter *parameter, double raw)
{
    caviar_value value = cav_parameter_value(parameter, raw);
    switch (value.kind) {
    case CAVIAR_KIND_NONE:
        sqlite3_bind_null(statement, index);
        break;
    case CAVIAR_KIND_BOOL:
        sqlite3_bind_int(statement, index, value.truth);
        break;
    case CAVIAR_KIND_INT: // as reals, so that 7 / 2 is 3.5
        sqlite3_bind_double(statement, index, (double)value.integer);
        break;
    case CAVIAR_KIND_REAL:
        sqlite3_bind_double(statement, index, value.real);
        break;
    case CAVIAR_KIND_TEXT:
        sqlite3_bind_text(statement, index, value.text, -1, SQLITE_STATIC);
        break;
    }
}

bool cav_constraint_holds(cav_constraint *constraint, const cav_space *space, const double *raw)
{
    for (size_t i = 0; i < constraint->parameter_count; i++) {
        size_t parameter = constraint->parameters[i];
        bind(constraint->statement, (int)i + 1, &space->parameters[parameter], raw[parameter]);
    }
    constraint->ticks = 0;
    bool holds = true;
    if (sqlite3_step(constraint->statement) == SQLITE_ROW &&
        sqlite3_column_type(constraint->statement, 0) != SQLITE_NULL)
        holds = sqlite3_column_double(constraint->statement, 0) != 0;
    sqlite3_reset(constraint->statement);
    return holds;
}
