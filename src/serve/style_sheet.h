/**
 * style_sheet.h: how a report and its pictures look, in light and in dark.
 *
 * Blue and orange are told apart also by those who see no red or no green (Okabe and Ito's
 * palette).
 */
#ifndef CAV_SERVE_STYLE_SHEET_H
#define CAV_SERVE_STYLE_SHEET_H

/** A macro of the colours ink, soft, line, paper, card, good, best, other, cut, bad. */
#define CAV_COLOURED(macro, ...) macro(__VA_ARGS__)

#define CAV_COLOURS_LIGHT                                                                          \
    "#1a1c20", "#5b626c", "#d9dde3", "#fff", "#f5f6f8", "#0072b2", "#d55e00", "#8d97a5",           \
        "#b9c0ca", "#b3304d"
#define CAV_COLOURS_DARK                                                                           \
    "#e8eaee", "#a2aab5", "#363c45", "#15181c", "#1e2227", "#56b4e9", "#ff9d45", "#717b88",        \
        "#4a525d", "#f27f93"
#define CAV_COLOURS_NAMED                                                                          \
    "var(--ink)", "var(--soft)", "var(--line)", "var(--paper)", "var(--card)", "var(--good)",      \
        "var(--best)", "var(--other)", "var(--cut)", "var(--bad)"

#define CAV_COLOURS_SET(ink, soft, line, paper, card, good, best, other, cut, bad)                 \
    "--ink:" ink ";--soft:" soft ";--line:" line ";--paper:" paper ";--card:" card ";--good:" good \
    ";--best:" best ";--other:" other ";--cut:" cut ";--bad:" bad

#define CAV_PICTURE_RULES(ink, soft, line, paper, card, good, best, other, cut, bad)               \
    "svg text{font:11px system-ui,sans-serif;fill:" soft "}svg .title{fill:" ink "}\n"             \
    ".tick{paint-order:stroke;stroke:" paper ";stroke-width:3px}\n"                                \
    ".paper{fill:" paper "}.frame{fill:none;stroke:" line "}"                                      \
    ".grid line,line.grid{stroke:" line ";stroke-width:.7}\n"                                      \
    "circle{opacity:.75}circle.other{fill:" other "}circle.good{fill:" good "}"                    \
    "circle.best{fill:" best ";opacity:1;stroke:" paper ";r:5px}\n"                                \
    "circle.ring{fill:" good ";stroke:" other ";opacity:1}\n"                                      \
    "circle.front{fill:" best ";stroke:" best ";opacity:1}\n"                                      \
    ".cell{fill:" good "}circle.over{fill:none;stroke:" ink ";stroke-width:.8;opacity:.55}\n"      \
    "polyline{fill:none}.line{stroke:" best ";stroke-width:1.6}\n"                                 \
    ".stairs{stroke:" good ";stroke-width:1.8}\n"                                                  \
    ".curve{stroke-width:1.1;opacity:.7}.curve.other{stroke:" other "}"                            \
    ".curve.good{stroke:" good "}.curve.best{stroke:" best ";stroke-width:2.2;opacity:1}"          \
    ".curve.cut{stroke:" cut ";stroke-dasharray:3 2}\n"                                            \
    ".mean{stroke:" ink ";stroke-width:1.6}rect.axis{fill:" soft "}"                               \
    "polyline.bar{fill:" good ";opacity:.8}polyline.noise{fill:" other "}"                         \
    "rect.good{fill:" good "}rect.other{fill:" other "}rect.bad{fill:" bad "}rect.best{fill:" best \
    "}.interval{stroke:" ink ";stroke-width:1.4}\n"

#define CAV_PICTURE_LIGHT CAV_COLOURED(CAV_PICTURE_RULES, CAV_COLOURS_LIGHT)
#define CAV_PICTURE_DARK CAV_COLOURED(CAV_PICTURE_RULES, CAV_COLOURS_DARK)
#define CAV_PICTURE_NAMED CAV_COLOURED(CAV_PICTURE_RULES, CAV_COLOURS_NAMED)
#define CAV_LIGHT CAV_COLOURED(CAV_COLOURS_SET, CAV_COLOURS_LIGHT)
#define CAV_DARK CAV_COLOURED(CAV_COLOURS_SET, CAV_COLOURS_DARK)

/** Of a picture that stands alone: colours as such, as not every viewer of SVG knows variables. */
#define CAV_PICTURE_SHEET                                                                          \
    CAV_PICTURE_LIGHT "@media(prefers-color-scheme:dark){\n" CAV_PICTURE_DARK "}\n"

#define CAV_PAGE_RULES                                                                             \
    "body{margin:0 auto;padding:1rem 1.25rem 3rem;max-width:68rem;background:var(--paper);"        \
    "color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"                                       \
    "h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"               \
    "p{margin:.4rem 0;max-width:46rem}.soft{color:var(--soft)}\n"                                  \
    ".facts{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}\n"                                \
    ".facts div{background:var(--card);border-radius:.5rem;padding:.5rem .9rem}\n"                 \
    ".facts b{display:block;font-size:1.25rem}.facts span{color:var(--soft);font-size:.85rem}\n"   \
    ".wide{overflow-x:auto}.wide svg{min-width:40rem}\n"                                           \
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));"      \
    "gap:.8rem}\nsvg{width:100%;height:auto;display:block}\n"                                      \
    ".metrics{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.2rem .9rem;"        \
    "padding:.6rem 0;margin-top:1.5rem;background:var(--paper);"                                   \
    "border-bottom:1px solid var(--line)}.metrics a{color:var(--good)}\n"                          \
    ".by~.by{display:none}.by:target{display:block}"                                               \
    "body:has(.by:target) .by:not(:target){display:none}\n"

#define CAV_TABLE_RULES                                                                            \
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"          \
    "th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);"     \
    "white-space:nowrap}th{color:var(--soft);font-weight:600}.number{text-align:right}\n"          \
    "td.text{white-space:pre-wrap;overflow-wrap:anywhere}\n"                                       \
    "code{background:var(--card);padding:.1rem .3rem;border-radius:.25rem;"                        \
    "overflow-wrap:anywhere}\n"

/** Of a page. */
#define CAV_STYLE_SHEET                                                                            \
    ":root{color-scheme:light dark;" CAV_LIGHT "}\n"                                               \
    "@media(prefers-color-scheme:dark){:root{" CAV_DARK                                            \
    "}}\n" CAV_PAGE_RULES CAV_PICTURE_NAMED CAV_TABLE_RULES

#endif
