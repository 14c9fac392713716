/**
 * verb_serve.c: caviar serve: the dashboard.
 */
#include "base/memory.h"
#include "cli/hiding.h"
#include "cli/open.h"
#include "run/patience.h"
#include "serve/page.h"
#include "serve/server.h"
#include "serve/token.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 8017 };

static const cav_flag flags[] = {
    {'p', "port", "N", "the port to listen on (default 8017; 0: any that is free)"},
    {0, "listen", "ADDRESS", "an address of this machine (default 127.0.0.1: this machine only)"},
    {0, "name", "HOST", "a name by which browsers may call this server, beside its address"},
    {0, "token-file", "FILE", "where the token is kept (default ~/.local/state/caviar/token)"},
    {0, "read-only", NULL, "let nobody change anything"},
};

static const cav_example examples[] = {
    {"caviar serve", "the studies of caviar.db in a browser, at http://127.0.0.1:8017/"},
    {"caviar serve --store /data/team.db --port 0", "another store, on any free port"},
    {"ssh -L 8017:localhost:8017 host", "look at the dashboard of another machine from here"},
};

static caviar_code token_path(const cav_arguments *arguments, cav_text *path, cav_error *error)
{
    const char *given = cav_flag_get(arguments, "token-file");
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (given)
        cav_text_append(path, given);
    else if (state && state[0] == '/')
        cav_text_appendf(path, "%s/caviar/token", state);
    else if (home && home[0] == '/')
        cav_text_appendf(path, "%s/.local/state/caviar/token", home);
    else
        return cav_fail(error, CAVIAR_INVALID,
                        "there is no HOME to keep the token in; --token-file names a file");
    return path->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code read_options(const cav_arguments *arguments, cav_server_options *options,
                                cav_error *error)
{
    int64_t port = DEFAULT_PORT;
    caviar_code code = cav_flag_int(arguments, "port", 0, UINT16_MAX, &port, error);
    options->location = cav_cli_store(arguments);
    options->address = cav_flag_get(arguments, "listen");
    options->name = cav_flag_get(arguments, "name");
    options->read_only = cav_flag_is_on(arguments, "read-only");
    options->port = (uint16_t)port;
    return code;
}

static void print_where(const cav_arguments *arguments, const cav_server_options *options,
                        const cav_server *server, const char *token_path)
{
    const char *address = options->address ? options->address : "127.0.0.1";
    bool is_six = strchr(address, ':') != NULL;
    char url[128];
    snprintf(url, sizeof url, "http://%s%s%s:%u/", is_six ? "[" : "", address, is_six ? "]" : "",
             (unsigned)cav_server_port(server));
    if (cav_flag_is_on(arguments, "json")) {
        printf("{\"url\":\"%s\",\"token\":\"%s\"}\n", url, options->token);
    } else {
        const char *study = cav_cli_study(arguments);
        printf("The dashboard of %s:\n  %s%s%s\n", options->title, url, study ? "#/" : "",
               study ? study : "");
        if (!options->read_only)
            printf("To change things there, too (this is the token that %s keeps):\n"
                   "  %s#token=%s\n",
                   token_path, url, options->token);
        printf("Control-C ends it.\n");
    }
    fflush(stdout);
    if (!cav_page_is_here())
        fprintf(stderr, "%s", cav_page_missing());
}

// The store's location as others may see it; for `free`.
static char *title_of(const char *location)
{
    char *title = cav_strdup(location);
    if (title)
        cav_hide_password(title);
    return title;
}

static caviar_code serve(const cav_arguments *arguments, const sigset_t *endings, cav_error *error)
{
    char token[CAV_TOKEN_SIZE], room[CAV_CLI_PATH_SIZE];
    char *title = title_of(cav_cli_store(arguments));
    cav_text path = {0};
    cav_server *server;
    cav_server_options options = {
        .token = token, .title = title, .place = cav_cli_place(arguments, room)};
    caviar_code code = title ? read_options(arguments, &options, error) : cav_fail_memory(error);
    if (!code)
        code = token_path(arguments, &path, error);
    if (!code)
        code = cav_token_load(path.data, token, error);
    if (!code)
        code = cav_server_start(&options, &server, error);
    if (!code) {
        int signal_number;
        print_where(arguments, &options, server, path.data);
        sigwait(endings, &signal_number);
        cav_server_stop(server);
    }
    cav_text_free(&path);
    free(title);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    sigset_t endings; // blocked in all threads, so that one can wait for them
    sigemptyset(&endings);
    sigaddset(&endings, SIGINT);
    sigaddset(&endings, SIGTERM);
    if (!cav_signal_is_ignored(SIGHUP))
        sigaddset(&endings, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &endings, NULL);
    return serve(arguments, &endings, &error) ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_serve = {
    .name = "serve",
    .group = "Look",
    .summary = "show the studies of a store in a browser, live",
    .operands = "",
    .description =
        "Serves a dashboard of all studies of a store: history, learning curves, parameters, "
        "trials, what mattered, while they run and afterwards; and a running trial can be nursed "
        "there (nudge, rollback, fork, stop). Looking never slows a run.\n\n"
        "Only this machine reaches it, unless --listen names another address. To change anything "
        "a browser needs the token that is printed at the start; beyond this machine it needs it "
        "to "
        "look, too. The connection is not encrypted: across a network use a tunnel (ssh -L) or a "
        "proxy with TLS.\n\n"
        "The page uses an HTTP API that other programs may use as well: docs/http-api.md.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
