#include "castor/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/html.h"
#include "castor/report/chart.h"

namespace pollux::castor {

namespace {

constexpr const char* kPageHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Castor</title>
<style>
:root { color-scheme: light dark; --ink: #1d2733; --soft: #64748b; --line: #e2e8f0; --paper: #f6f8fb; --card: #fff;
  --c0: #2563eb; --c1: #ea580c; --c2: #059669; --c3: #9333ea; --c4: #dc2626; --c5: #0891b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5eaf1; --soft: #94a3b8; --line: #2b3645; --paper: #10161e;
  --card: #18212c; --c0: #60a5fa; --c1: #fb923c; --c2: #34d399; --c3: #c084fc; --c4: #f87171; --c5: #22d3ee; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -.02em; }
h1 + p { color: var(--soft); margin: 2px 0 22px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 10px 0 24px; }
.card, figure, .table { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.card { padding: 12px 16px; }
.card b { display: block; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.card span { color: var(--soft); font-size: 13px; }
h2 { font-size: 16px; margin: 26px 0 4px; overflow-wrap: anywhere; }
.how { color: var(--soft); font-size: 13px; margin: 4px 0; overflow-wrap: anywhere; }
h2 i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px; }
.charts { margin-top: 14px; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 14px; }
figure { margin: 0; padding: 8px; }
figure:first-child { grid-column: 1 / -1; }
.table { overflow-x: auto; margin-top: 14px; padding: 4px 14px; }
.table {  /* A shade at the right as long as there is more to scroll to. */
  background: linear-gradient(90deg, transparent, var(--card) 80%) 100% 0 / 48px 100% no-repeat local,
    linear-gradient(90deg, transparent, var(--line)) 100% 0 / 20px 100% no-repeat var(--card); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: 7px 10px; text-align: right; border-top: 1px solid var(--line); white-space: nowrap; }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 500; }
td:first-child, th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 8em; }
th.name { white-space: normal; overflow-wrap: anywhere; min-width: 6em; }
pre.table { padding: 12px 16px; margin-bottom: 0; }
.warn { border-left: 4px solid var(--c1); background: var(--card); padding: 8px 14px; border-radius: 6px; margin: 10px 0; }
)";

constexpr const char* kBegin = R"(</style></head><body><main>
<h1>Castor</h1><p>What a load came to. Latencies are of whole requests; the scale of percentiles stretches the slowest.</p>
)";

double number(const Json& json, std::string_view name) { return json.at(name).number; }

double rate(const Json& json) {
  const double seconds = number(json, "seconds");
  return seconds > 0 ? number(json, "requests") / seconds : 0;
}

std::string card(const std::string& value, const char* name) {
  return fmt::format("<div class=card><b>{}</b><span>{}</span></div>\n", value, name);
}

std::string counts(const Json& object) {
  std::string text;
  for (std::size_t i = 0; i < object.names.size(); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", escape_html(object.names[i]),
                        count_label(object.items[i].number));
  }
  return text;
}

std::string text_of(const Json& value) {
  switch (value.type) {
    case Json::Type::kString: return value.text;
    case Json::Type::kNumber: return fmt::format("{:g}", value.number);
    case Json::Type::kBool: return value.number != 0 ? "yes" : "no";
    default: break;
  }
  std::string text;
  for (const Json& item : value.items) text += (text.empty() ? "" : ", ") + text_of(item);
  return text;
}

// When and how it was measured; older results do not have this.
std::string how(const Json& json) {
  const Json* version = json.find("version");
  const Json* started = json.find("started");
  const Json* options = json.find("options");
  if (version == nullptr || started == nullptr || options == nullptr) return {};
  std::string text = "castor " + version->text + " · " + started->text;
  for (std::size_t i = 0; i < options->names.size(); ++i)
    text += " · " + options->names[i] + " " + text_of(options->items[i]);
  return "<p class=how>" + escape_html(text) + "</p>\n";
}

std::string summary(const std::string& name, const Json& json, std::size_t colour) {
  const Json& latency = json.at("latency_us");
  std::string html = fmt::format("<h2><i style=\"background:var(--c{})\"></i>{}</h2>\n{}<div class=cards>",
                                 colour % 6, escape_html(name), how(json));
  html += card(count_label(rate(json)), "requests a second");
  html += card(count_label(number(json, "requests")), "requests");
  html += card(count_label(number(json, "failed")), "failed");
  html += card(time_label(number(latency, "p50")), "half are faster");
  html += card(time_label(number(latency, "p99")), "99 of 100 are faster");
  html += card(time_label(number(latency, "max")), "the slowest");
  html += "</div>\n";
  if (json.at("client_saturated").number != 0)
    html += "<p class=warn>The client was the bottleneck: these figures are the client's.</p>\n";
  if (const Json* open = latency.find("open_loop"); open != nullptr && number(*open, "missed") > 0) {
    html += fmt::format("<p class=warn>{} requests were due and never sent: no client was free.</p>\n",
                        count_label(number(*open, "missed")));
  }
  if (number(json, "failed") > 0)
    html += fmt::format("<p class=warn>Failed: {}</p>\n", counts(json.at("errors")));
  return html;
}

std::string table_row(const std::string& name, const Json& latency) {
  std::string html = fmt::format("<tr><td>{}</td>", escape_html(name));
  for (const char* key : {"p50", "p90", "p99", "p999", "max", "mean"})
    html += fmt::format("<td>{}</td>", time_label(number(latency, key)));
  return html + "</tr>\n";
}

std::string table_of(const std::string& rows) {
  return "<div class=table><table>" + rows + "</table></div>\n";
}

std::string latency_table(const Results& results) {
  std::string html =
      "<tr><th></th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>mean</th></tr>\n";
  for (const auto& [name, json] : results) {
    const std::string before = results.size() > 1 ? name + ": " : "";
    const Json& latency = json.at("latency_us");
    const Json* open = latency.find("open_loop");
    html += table_row(before + (open != nullptr ? "latency since due" : "latency"), latency);
    if (open != nullptr) {
      html += table_row(before + "service", open->at("service"));
      html += table_row(before + "own lateness", open->at("lateness"));
    }
    html += table_row(before + "first octet", json.at("first_octet_us"));
    if (number(json.at("connect_us"), "max") > 0)
      html += table_row(before + "connect", json.at("connect_us"));
    if (number(json.at("tls_us"), "max") > 0) html += table_row(before + "TLS handshake", json.at("tls_us"));
  }
  return table_of(html);
}

std::string answers_table(const Results& results) {
  std::string html = "<tr><th></th><th>answers</th><th>content</th><th>connections</th></tr>\n";
  for (const auto& [name, json] : results) {
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.1f} MiB</td><td>{}</td></tr>\n", escape_html(name),
                        counts(json.at("status")), number(json, "octets_received") / (1 << 20),
                        count_label(number(json, "connections_opened")));
  }
  return table_of(html);
}

// The results of each of several URLs.
std::string url_table(const std::string& title, const Json& json) {
  const Json* urls = json.find("urls");
  if (urls == nullptr || urls->items.size() < 2) return {};
  std::string html = fmt::format(
      "<tr><th>{}</th><th>requests</th><th>failed</th><th>answers</th><th>p50</th><th>p99</th><th>max</th></"
      "tr>\n",
      escape_html(title));
  for (const Json& url : urls->items) {
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td>", escape_html(url.at("url").text),
                        count_label(number(url, "requests")), count_label(number(url, "failed")),
                        counts(url.at("status")));
    for (const char* key : {"p50", "p99", "max"})
      html += fmt::format("<td>{}</td>", time_label(number(url.at("latency_us"), key)));
    html += "</tr>\n";
  }
  return table_of(html);
}

// Each but the first has a column for its ratios.
std::string comparison_table(const Results& results) {
  if (results.size() < 2) return {};
  std::string html = fmt::format("<tr><th></th><th class=name>{}</th>", escape_html(results.front().name));
  for (std::size_t i = 1; i < results.size(); ++i)
    html += fmt::format("<th class=name colspan=2>{}</th>", escape_html(results[i].name));
  html += "</tr>\n";
  for (const auto& [name, values] : compare(results)) {
    html += fmt::format("<tr><td>{}</td><td>{}</td>", name, values.front().value);
    for (std::size_t i = 1; i < values.size(); ++i)
      html += fmt::format("<td>{}</td><td>{}</td>", values[i].value, values[i].ratio);
    html += "</tr>\n";
  }
  return table_of(html);
}

// The position of a percentile: the number of halvings of the rest above.
double place(double percent) { return std::log10(100 / (100 - percent)); }

// By rate: a rate that failed was tried twice, and the better try counts.
std::map<double, const Json*> best_probes(const Json& search) {
  std::map<double, const Json*> best;
  for (const Json& probe : search.at("probes").items) {
    const Json*& known = best[number(probe, "rate")];
    if (known == nullptr || number(probe, "p99_us") < number(*known, "p99_us")) known = &probe;
  }
  return best;
}

// Latency by rate, from the probes of --find-rate, with the limit: the knee.
std::string knee(const Results& results) {
  Chart chart{.title = "Latency by rate: p50, p99 dashed, and the limit",
              .x_name = "requests a second that were due",
              .x_ticks = {},
              .log_y = true,
              .y_label = time_label,
              .lines = {}};
  std::string words;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [name, json] = results[i];
    const Json* search = json.find("find_rate");
    if (search == nullptr) continue;
    Line p50{i, false, name + ", p50", {}};
    Line p99{i, true, name + ", p99", {}};
    for (const auto& [rate, probe] : best_probes(*search)) {
      p50.points.emplace_back(rate, number(*probe, "p50_us"));
      p99.points.emplace_back(rate, number(*probe, "p99_us"));
    }
    if (p50.points.empty()) continue;
    const double limit = number(*search, "max_p99_us");
    chart.lines.push_back(
        {5, false, "limit", {{p50.points.front().first, limit}, {p50.points.back().first, limit}}});
    chart.lines.push_back(std::move(p50));
    chart.lines.push_back(std::move(p99));
    const double found = number(*search, "rate");
    words += found > 0 ? fmt::format("<p class=how>{}: up to {}/s p99 stays below {}</p>\n",
                                     escape_html(name), count_label(found), time_label(limit))
                       : fmt::format("<p class=how>{}: p99 is above {} at every rate</p>\n",
                                     escape_html(name), time_label(limit));
  }
  const std::string svg = to_svg(chart);
  return svg.empty() ? "" : words + "<div class=charts><figure>" + svg + "</figure></div>\n";
}

std::string charts(const Results& results) {
  Chart curve{.title = "Latency by percentile",
              .x_name = "percentile",
              .x_ticks = {},
              .log_y = true,
              .y_label = time_label,
              .lines = {}};
  for (const double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999})
    curve.x_ticks.push_back({place(percent), fmt::format("{:g}", percent)});
  Chart rates{
      .title = "Requests a second", .x_name = "seconds", .x_ticks = {}, .y_label = count_label, .lines = {}};
  Chart latencies{.title = "Latency over time: p50, p99 dashed",
                  .x_name = "seconds",
                  .x_ticks = {},
                  .log_y = true,
                  .y_label = time_label,
                  .lines = {}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [name, json] = results[i];
    Line by_percentile{i, false, name, {}};
    for (const Json& point : json.at("latency_us").at("curve").items) {
      if (point.items.size() == 2)
        by_percentile.points.emplace_back(place(point.items[0].number), point.items[1].number);
    }
    Line requests{i, false, name, {}};
    Line p50{i, false, name + ", p50", {}};
    Line p99{i, true, name + ", p99", {}};
    double second = 0;
    const double whole =
        std::max(1.0, std::floor(number(json, "seconds")));  // The last second is usually incomplete.
    for (const Json& entry : json.at("per_second").items) {
      if (++second > whole) break;
      requests.points.emplace_back(second, number(entry, "requests"));
      p50.points.emplace_back(second, number(entry, "p50_us"));
      p99.points.emplace_back(second, number(entry, "p99_us"));
    }
    curve.lines.push_back(std::move(by_percentile));
    if (requests.points.size() < 2) continue;  // A single point is no line: the charts would be empty.
    rates.lines.push_back(std::move(requests));
    latencies.lines.push_back(std::move(p50));
    latencies.lines.push_back(std::move(p99));
  }
  std::string html = "<div class=charts>\n";
  for (const Chart& chart : {curve, rates, latencies}) {
    if (const std::string svg = to_svg(chart); !svg.empty()) html += "<figure>" + svg + "</figure>\n";
  }
  return html + "</div>\n";
}

}  // namespace

std::string to_html(const Results& results, const std::string& table) {
  std::string html = fmt::format("{}{}{}", kPageHead, chart_style(), kBegin);
  for (std::size_t i = 0; i < results.size(); ++i) html += summary(results[i].name, results[i].json, i);
  html += (table.empty() ? "" : "<pre class=table>" + escape_html(table) + "</pre>\n") + knee(results) +
          comparison_table(results) + charts(results) + latency_table(results) + answers_table(results);
  for (const auto& [name, json] : results)
    html += url_table(results.size() > 1 ? name + ": URL" : "URL", json);
  return html + "</main></body></html>\n";
}

}  // namespace pollux::castor
