/**
 * verb_watch.c: caviar watch: a study or a trial live in the terminal, by ncurses, which sends no
 * more than what has changed.
 */
#include "base/memory.h"
#include "cli/watching.h"

#include "cli/open.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 250, ESCAPE_MS = 50 };

static const cav_flag flags[] = {
    {0, "once", NULL, "print the page once, and end"},
};

static const cav_example examples[] = {
    {"caviar watch", "the study: its trials with their curves; Enter shows one"},
    {"caviar watch 7", "trial 7: its curve, its nudges; keys to nurse it"},
    {"caviar watch 7 --once", "a picture of it, for a file or another program"},
};

// ---- Showing the page -------------------------------------------------------------------------

// By ink: an attribute, and a colour of the user's own theme, -1 being the default one.
static const struct look {
    attr_t attribute;
    short colour;
} looks[] = {
    [CAV_INK_PLAIN] = {A_NORMAL, -1},      [CAV_INK_BOLD] = {A_BOLD, -1},
    [CAV_INK_DIM] = {A_DIM, -1},           [CAV_INK_GOOD] = {A_NORMAL, COLOR_GREEN},
    [CAV_INK_BAD] = {A_NORMAL, COLOR_RED}, [CAV_INK_ACCENT] = {A_NORMAL, COLOR_CYAN},
};

static void start_terminal(const cav_style *style)
{
    set_escdelay(ESCAPE_MS);
    initscr();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    timeout(LOOK_MS);
    if (style->has_colour && has_colors()) {
        start_color();
        use_default_colors();
        for (short i = 0; i < (short)CAV_COUNT_OF(looks); i++)
            init_pair((short)(i + 1), looks[i].colour, -1);
    }
}

static void draw(const cav_screen *screen, const cav_style *style)
{
    erase();
    for (int i = 0; i < screen->columns * screen->rows; i++) {
        const cav_cell *cell = &screen->cells[i];
        if (!cell->text[0])
            continue;
        attr_set(looks[cell->ink].attribute, (short)(style->has_colour ? cell->ink + 1 : 0), NULL);
        mvaddstr(i / screen->columns, i % screen->columns, cell->text);
    }
    refresh();
}

static int read_key(void)
{
    int key = getch();
    switch (key) {
    case KEY_UP:
        return CAV_KEY_UP;
    case KEY_DOWN:
        return CAV_KEY_DOWN;
    case KEY_LEFT:
        return CAV_KEY_LEFT;
    case KEY_RIGHT:
        return CAV_KEY_RIGHT;
    case KEY_ENTER:
    case '\n':
    case '\r':
        return CAV_KEY_ENTER;
    case 27:
        return CAV_KEY_ESCAPE;
    case ERR:
    case KEY_RESIZE:
        return 0;
    default:
        return key;
    }
}

static caviar_code follow(cav_watching *watching, const cav_style *style, cav_error *error)
{
    cav_screen screen = {.has_unicode = style->has_unicode};
    caviar_code code = CAVIAR_OK;
    start_terminal(style);
    while (!code && !watching->is_over) {
        bool sized = screen.columns == COLS && screen.rows == LINES;
        if (!sized && !cav_screen_size(&screen, COLS, LINES))
            code = cav_fail_memory(error);
        if (!code)
            code = cav_watching_read(watching, error);
        if (code)
            break;
        cav_watch_page(watching, &screen);
        draw(&screen, style);
        for (int key = read_key(); key; timeout(0), key = read_key()) // all that were pressed
            cav_watch_key(watching, key);
        timeout(LOOK_MS);
    }
    endwin();
    cav_screen_free(&screen);
    return code;
}

static caviar_code print_once(const cav_watching *watching, const cav_style *style,
                              cav_error *error)
{
    cav_screen screen = {.has_unicode = style->has_unicode};
    cav_text text = {0};
    if (!cav_screen_size(&screen, style->columns, style->rows))
        return cav_fail_memory(error);
    cav_watch_page(watching, &screen);
    for (int row = 0; row < screen.rows - 2; row++) { // without the keys
        cav_screen_row(&screen, style, row, &text);
        cav_text_append(&text, "\n");
    }
    caviar_code code = text.failed ? cav_fail_memory(error) : CAVIAR_OK;
    if (!code)
        fputs(cav_text_get(&text), stdout);
    cav_text_free(&text);
    cav_screen_free(&screen);
    return code;
}

static caviar_code watch(const cav_arguments *arguments, cav_study *study, int64_t trial,
                         cav_error *error)
{
    cav_watching watching;
    char room[CAV_CLI_PATH_SIZE];
    cav_style style = cav_style_of(stdout);
    bool once = cav_flag_is_on(arguments, "once");
    if (!once && (!style.is_terminal || !isatty(STDIN_FILENO)))
        return cav_fail(error, CAVIAR_INVALID,
                        "this is no terminal to draw on; --once prints the page once, 'caviar "
                        "show' a trial in words");
    caviar_code code = cav_watching_open(&watching, study, cav_cli_store(arguments), trial, error);
    watching.place = cav_cli_place(arguments, room);
    if (!code)
        code = once ? print_once(&watching, &style, error) : follow(&watching, &style, error);
    cav_watching_close(&watching);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    return cav_cli_with_trial(arguments, true, watch);
}

const cav_verb cav_verb_watch = {
    .name = "watch",
    .group = "Look",
    .summary = "watch a study or a trial live, and nurse it by keys",
    .operands = "[TRIAL]",
    .description =
        "Shows a study, or one trial of it, and keeps the picture up to date, whichever process "
        "runs it. A trial is drawn large: its metric and the like of it in training, what was "
        "changed on the way, branches that were given up and other trials behind it. While it "
        "runs, and where the study says how far it goes, dots show where its curve is expected to "
        "go, and the band in which its end should lie four times out of five.\n\n"
        "Keys for a trial: left and right choose a parameter, + and - put a nudge together, a "
        "twentieth of the parameter's range at a time on its scale; Enter sends it, Escape forgets "
        "it. r rolls the last nudge back and s ends the trial, both after a question; f forks it "
        "from its last checkpoint, with the nudge that was put together; p pauses it or "
        "lets it go on (in the list: the study); b goes back to the list, q leaves.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
