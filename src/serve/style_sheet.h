/**
 * style_sheet.h: how a report looks, in light and in dark.
 *
 * Blue and orange are told apart also by those who see no red or no green (Okabe and Ito's
 * palette).
 */
#ifndef CAV_SERVE_STYLE_SHEET_H
#define CAV_SERVE_STYLE_SHEET_H

#define CAV_STYLE_SHEET                                                                            \
    ":root{color-scheme:light dark;--ink:#1a1c20;--soft:#5b626c;--line:#d9dde3;--paper:#fff;"      \
    "--card:#f5f6f8;--good:#0072b2;--best:#d55e00;--other:#8d97a5;--cut:#b9c0ca}\n"                \
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a2aab5;--line:#363c45;"         \
    "--paper:#15181c;--card:#1e2227;--good:#56b4e9;--best:#ff9d45;--other:#717b88;"                \
    "--cut:#4a525d}}\n"                                                                            \
    "body{margin:0 auto;padding:1rem 1.25rem 3rem;max-width:68rem;background:var(--paper);"        \
    "color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"                                       \
    "h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"               \
    "p{margin:.4rem 0;max-width:46rem}.soft{color:var(--soft)}\n"                                  \
    ".facts{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}\n"                                \
    ".facts div{background:var(--card);border-radius:.5rem;padding:.5rem .9rem}\n"                 \
    ".facts b{display:block;font-size:1.25rem}.facts span{color:var(--soft);font-size:.85rem}\n"   \
    ".wide{overflow-x:auto}.wide svg{min-width:40rem}\n"                                           \
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.8rem}\n"    \
    "svg{width:100%;height:auto;display:block}\n"                                                  \
    "svg text{font:11px system-ui,sans-serif;fill:var(--soft)}svg .title{fill:var(--ink)}\n"       \
    ".frame{fill:none;stroke:var(--line)}.grid line,line.grid{stroke:var(--line);"                 \
    "stroke-width:.7}\n"                                                                           \
    "circle{opacity:.75}circle.other{fill:var(--other)}circle.good{fill:var(--good)}"              \
    "circle.best{fill:var(--best);opacity:1;stroke:var(--paper);r:5px}\n"                          \
    "polyline{fill:none}.line{stroke:var(--best);stroke-width:1.6}\n"                              \
    ".curve{stroke-width:1.1;opacity:.7}.curve.other{stroke:var(--other)}"                         \
    ".curve.good{stroke:var(--good)}.curve.best{stroke:var(--best);stroke-width:2.2;opacity:1}"    \
    ".curve.cut{stroke:var(--cut);stroke-dasharray:3 2}\n"                                         \
    "polyline.bar{fill:var(--good);opacity:.8}polyline.noise{fill:var(--other)}"                   \
    ".interval{stroke:var(--ink);stroke-width:1.4}\n"                                              \
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"          \
    "th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);"     \
    "white-space:nowrap}th{color:var(--soft);font-weight:600}.number{text-align:right}\n"          \
    "td.text{white-space:pre-wrap;overflow-wrap:anywhere}\n"                                       \
    "code{background:var(--card);padding:.1rem .3rem;border-radius:.25rem;"                        \
    "overflow-wrap:anywhere}\n"

#endif
