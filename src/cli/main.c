/**
 * main.c: finds the verb and runs it.
 */
#include "cli/hiding.h"
#include "cli/linked.h"
#include "cli/print.h"
#include "cli/verb.h"

#include "base/memory.h"
#include "base/text.h"

#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const cav_verb *const cav_verbs[] = {
#define X(verb) &verb,
    CAV_VERBS(X)
#undef X
};
const size_t cav_verb_count = CAV_COUNT_OF(cav_verbs);

const cav_verb *cav_verb_find(const char *name)
{
    for (size_t i = 0; i < cav_verb_count; i++)
        if (strcmp(cav_verbs[i]->name, name) == 0)
            return cav_verbs[i];
    return NULL;
}

cav_exit cav_complain(const cav_error *error)
{
    cav_error shown = *error; // it may quote a file of somebody else
    cav_text_make_harmless(shown.message);
    fflush(stdout);
    fprintf(stderr, "caviar: %s\n", shown.message);
    return error->code == CAVIAR_DONE ? CAV_EXIT_DONE : CAV_EXIT_FAILURE;
}

cav_exit cav_complain_usage(const cav_arguments *arguments, const cav_error *error)
{
    if (error->code == CAVIAR_NOMEM) // no fault of who wrote it
        return cav_complain(error);
    fflush(stdout);
    fprintf(stderr, "caviar %s: %s\nSee 'caviar %s --help'.\n", arguments->verb->name,
            error->message, arguments->verb->name);
    return CAV_EXIT_USAGE;
}

static int fail_unknown_verb(const char *name)
{
    const char *names[CAV_COUNT_OF(cav_verbs)];
    for (size_t i = 0; i < cav_verb_count; i++)
        names[i] = cav_verbs[i]->name;
    const char *nearest = cav_text_nearest(name, names, cav_verb_count);
    fprintf(stderr, "caviar: there is no verb '%s'; %s%s%s'caviar help' lists all verbs\n", name,
            nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? " : "");
    return CAV_EXIT_USAGE;
}

static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) > 0 && (output.revents & POLLERR);
}

static int run_verb(const cav_verb *verb, int argc, char **argv)
{
    cav_arguments arguments;
    cav_error error = {0};
    if (cav_arguments_parse(verb, argc, argv, &arguments, &error))
        return (int)cav_complain_usage(&arguments, &error);
    if (cav_flag_is_on(&arguments, "help")) {
        cav_help_print(verb);
        return CAV_EXIT_OK;
    }
    int status = (int)verb->run(&arguments);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!written && !reader_is_gone()) // one that has seen enough is no news
        fprintf(stderr, "caviar: cannot write the output\n");
    return written || status != CAV_EXIT_OK ? status : CAV_EXIT_FAILURE;
}

static int print_version(bool as_json)
{
    cav_text text = {0};
    if (as_json)
        cav_linked_write(&(cav_json){.text = &text, .pretty = true});
    else
        cav_text_appendf(&text, "caviar %s", caviar_version());
    cav_error error;
    return cav_print_json(&text, &error) ? (int)cav_complain(&error) : CAV_EXIT_OK;
}

// What is grown beyond this is mapped, and is given back when it is freed. Of itself, glibc raises
// the limit whenever something larger is freed, and grown columns then leave holes in the heap: a
// tenth of the memory of a study of 10,000 trials.
static void set_up_memory(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

int main(int argc, char **argv)
{
    set_up_memory();
    setlocale(LC_CTYPE, "");  // only how wide characters are: numbers stay as they are
    signal(SIGPIPE, SIG_IGN); // a reader that goes away is an error, not a death
    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        return print_version(argc > 2 && strcmp(argv[2], "--json") == 0);
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        cav_help_overview();
        return CAV_EXIT_OK;
    }
    if (argc < 2) {
        cav_help_overview();
        return CAV_EXIT_USAGE;
    }
    cav_error error = {0};
    if (cav_hide_passwords(argc, argv, &error))
        return (int)cav_complain(&error);
    const cav_verb *verb = cav_verb_find(argv[1]);
    return verb ? (int)run_verb(verb, argc - 1, argv + 1) : fail_unknown_verb(first);
}
