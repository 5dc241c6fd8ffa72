// The console's files, carried in the program. The compiler writes down which files it has read, so a changed one is built anew.
#include "console_assets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "web/index.html"
};
static const unsigned char style_css[] = {
#embed "web/style.css"
};
static const unsigned char main_js[] = {
#embed "web/main.js"
};
static const unsigned char core_api_js[] = {
#embed "web/core/api.js"
};
static const unsigned char core_live_js[] = {
#embed "web/core/live.js"
};
static const unsigned char core_looked_js[] = {
#embed "web/core/looked.js"
};
static const unsigned char core_me_js[] = {
#embed "web/core/me.js"
};
static const unsigned char core_query_js[] = {
#embed "web/core/query.js"
};
static const unsigned char core_router_js[] = {
#embed "web/core/router.js"
};
static const unsigned char core_settings_js[] = {
#embed "web/core/settings.js"
};
static const unsigned char core_time_js[] = {
#embed "web/core/time.js"
};
static const unsigned char core_ui_js[] = {
#embed "web/core/ui.js"
};
static const unsigned char core_chart_js[] = {
#embed "web/core/chart.js"
};
static const unsigned char core_dialog_js[] = {
#embed "web/core/dialog.js"
};
static const unsigned char pages_home_js[] = {
#embed "web/pages/home.js"
};
static const unsigned char pages_agents_js[] = {
#embed "web/pages/agents.js"
};
static const unsigned char pages_agent_js[] = {
#embed "web/pages/agent.js"
};
static const unsigned char pages_contacts_js[] = {
#embed "web/pages/contacts.js"
};
static const unsigned char pages_contact_js[] = {
#embed "web/pages/contact.js"
};
static const unsigned char pages_customer_js[] = {
#embed "web/pages/customer.js"
};
static const unsigned char pages_explain_js[] = {
#embed "web/pages/explain.js"
};
static const unsigned char pages_search_js[] = {
#embed "web/pages/search.js"
};
static const unsigned char pages_standing_js[] = {
#embed "web/pages/standing.js"
};
static const unsigned char pages_streams_js[] = {
#embed "web/pages/streams.js"
};
static const unsigned char pages_letters_js[] = {
#embed "web/pages/letters.js"
};
static const unsigned char pages_failover_js[] = {
#embed "web/pages/failover.js"
};
static const unsigned char pages_term_js[] = {
#embed "web/pages/term.js"
};
static const unsigned char pages_configuration_js[] = {
#embed "web/pages/configuration.js"
};
static const unsigned char pages_preflight_js[] = {
#embed "web/pages/preflight.js"
};
static const unsigned char pages_queues_js[] = {
#embed "web/pages/queues.js"
};
static const unsigned char pages_help_js[] = {
#embed "web/pages/help.js"
};
static const unsigned char vendor_preact_htm_js[] = {
#embed "web/vendor/preact-htm.js"
};
static const unsigned char vendor_uplot_js[] = {
#embed "web/vendor/uplot.js"
};
static const unsigned char vendor_uplot_css[] = {
#embed "web/vendor/uplot.css"
};

#define ASSET(name, path, type) {path, type, name, sizeof name}

static const console_asset all[] = {
    ASSET(index_html, "index.html", "text/html; charset=utf-8"),
    ASSET(style_css, "style.css", "text/css; charset=utf-8"),
    ASSET(main_js, "main.js", "text/javascript; charset=utf-8"),
    ASSET(core_api_js, "core/api.js", "text/javascript; charset=utf-8"),
    ASSET(core_live_js, "core/live.js", "text/javascript; charset=utf-8"),
    ASSET(core_looked_js, "core/looked.js", "text/javascript; charset=utf-8"),
    ASSET(core_me_js, "core/me.js", "text/javascript; charset=utf-8"),
    ASSET(core_query_js, "core/query.js", "text/javascript; charset=utf-8"),
    ASSET(core_router_js, "core/router.js", "text/javascript; charset=utf-8"),
    ASSET(core_settings_js, "core/settings.js", "text/javascript; charset=utf-8"),
    ASSET(core_time_js, "core/time.js", "text/javascript; charset=utf-8"),
    ASSET(core_ui_js, "core/ui.js", "text/javascript; charset=utf-8"),
    ASSET(core_chart_js, "core/chart.js", "text/javascript; charset=utf-8"),
    ASSET(core_dialog_js, "core/dialog.js", "text/javascript; charset=utf-8"),
    ASSET(pages_home_js, "pages/home.js", "text/javascript; charset=utf-8"),
    ASSET(pages_agents_js, "pages/agents.js", "text/javascript; charset=utf-8"),
    ASSET(pages_agent_js, "pages/agent.js", "text/javascript; charset=utf-8"),
    ASSET(pages_contacts_js, "pages/contacts.js", "text/javascript; charset=utf-8"),
    ASSET(pages_contact_js, "pages/contact.js", "text/javascript; charset=utf-8"),
    ASSET(pages_customer_js, "pages/customer.js", "text/javascript; charset=utf-8"),
    ASSET(pages_explain_js, "pages/explain.js", "text/javascript; charset=utf-8"),
    ASSET(pages_search_js, "pages/search.js", "text/javascript; charset=utf-8"),
    ASSET(pages_standing_js, "pages/standing.js", "text/javascript; charset=utf-8"),
    ASSET(pages_streams_js, "pages/streams.js", "text/javascript; charset=utf-8"),
    ASSET(pages_letters_js, "pages/letters.js", "text/javascript; charset=utf-8"),
    ASSET(pages_failover_js, "pages/failover.js", "text/javascript; charset=utf-8"),
    ASSET(pages_term_js, "pages/term.js", "text/javascript; charset=utf-8"),
    ASSET(pages_configuration_js, "pages/configuration.js", "text/javascript; charset=utf-8"),
    ASSET(pages_preflight_js, "pages/preflight.js", "text/javascript; charset=utf-8"),
    ASSET(pages_queues_js, "pages/queues.js", "text/javascript; charset=utf-8"),
    ASSET(pages_help_js, "pages/help.js", "text/javascript; charset=utf-8"),
    ASSET(vendor_preact_htm_js, "vendor/preact-htm.js", "text/javascript; charset=utf-8"),
    ASSET(vendor_uplot_js, "vendor/uplot.js", "text/javascript; charset=utf-8"),
    ASSET(vendor_uplot_css, "vendor/uplot.css", "text/css; charset=utf-8"),
};

const console_asset *console_assets(size_t *count) {
    *count = sizeof all / sizeof *all;
    return all;
}
