// The state as lines, in the order of the digest: docs/state.md, without the member `state`.
#pragma once

#include "events.h"

#include <algorithm>
#include <functional>

class Lines {
    Line line;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    FILE *file;
    bool is_first_register = false;

    void add_id(const Id &id) {
        char text[37];
        const unsigned long long high = id.high, low = id.low;
        snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx", high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF,
                 low >> 48, low & 0xFFFFFFFFFFFF);
        line.add({text, 36});
    }
    void add_id(const Sha &sha) {
        char text[65];
        for (int at = 0; at < 32; ++at) snprintf(text + 2 * at, 3, "%02x", sha.bytes[at]);
        line.add({text, 64});
    }
    void add_id(const AgentId &agent) {
        line.add(instances[agent.instance]);
        add_id(agent.id);
    }
    void add_quoted(Text text) {
        line.add("\"");
        line.add(text);
        line.add("\"");
    }
    template <class I> void add_quoted_id(const I &id) {
        line.add("\"");
        add_id(id);
        line.add("\"");
    }

    void begin(Text prefix, Text name) {
        line.add(is_first_register ? "\"" : ",\"");
        is_first_register = false;
        line.add(prefix);
        line.add(name);
        line.add("\":{\"event\":\"");
    }
    // What stands between the path and the value. `measure` and `rule` of max and min.
    template <class S> void add_stamp(const S &stamp, Text rule = {}, int64_t measure = 0) {
        add_id(stamp.event);
        if (!rule.empty()) line.add("\",\"measure\":" + std::to_string(measure) + ",\"rank\":" + std::to_string(stamp.rank));
        else line.add("\",\"rank\":" + std::to_string(stamp.rank));
        line.add(",\"region\":");
        add_quoted(regions[stamp.region]);
        if (!rule.empty()) {
            line.add(",\"rule\":");
            add_quoted(rule);
        }
        line.add(",\"time\":\"");
        line.add_time(stamp.time);
        line.add("\",\"value\":");
    }
    template <class S> void add_register(Text prefix, Text name, const S &stamp, Text value) {
        begin(prefix, name);
        add_stamp(stamp);
        line.add(value);
        line.add("}");
    }
    void add_extremum(Text prefix, Text name, Text rule, int64_t measure, const Stamp &stamp, Text value = "null") {
        begin(prefix, name);
        add_stamp(stamp, rule, measure);
        line.add(value);
        line.add("}");
    }
    void add_connected(Text agent, int64_t time) {
        begin("connected/", agent);
        line.add("\",\"measure\":" + std::to_string(time) + ",\"rank\":0,\"region\":\"\",\"rule\":\"max\",\"time\":\"");
        line.add_time(time);
        line.add("\",\"value\":null}");
    }
    void add_member(bool is_first, int64_t time) {
        line.add(is_first ? "" : ",");
        line.add("{\"event\":\"\",\"rank\":0,\"region\":\"\",\"time\":\"");
        line.add_time(time);
        line.add("\",\"value\":");
    }

    template <class I> void begin_line(const I &id, Text kind) {
        line.count = 0;
        line.add("{\"id\":\"");
        if constexpr (std::is_same_v<I, Text>) line.add(id);
        else add_id(id);
        line.add("\",\"kind\":\"");
        line.add(kind);
        line.add("\",\"registers\":{");
        is_first_register = true;
    }
    void end_line() {
        line.add("}}\n");
        EVP_DigestUpdate(digest, line.bytes.data(), line.count);
        if (file) fwrite(line.bytes.data(), 1, line.count, file);
        ++count;
    }

    void write(const Agent &agent) {
        std::vector<const AgentRegion *> sorted;
        for (const auto &each : agent.regions) sorted.push_back(&each);
        std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return regions.compare(a->region, b->region) < 0; });
        begin_line(agent.id, "agent");
        for (auto each : sorted) add_extremum("firstSeen/", regions[each->region], "min", each->first.time, each->first);
        for (auto each : sorted)
            if (each->has_presence)
                add_register("presence/", regions[each->region], each->presence, each->is_login ? "\"LOGIN\"" : "\"LOGOUT\"");
        for (auto each : sorted) add_extremum("seen/", regions[each->region], "max", each->seen.time, each->seen);
        for (auto each : sorted)
            if (each->has_snapshot) add_register("snapshot/", regions[each->region], each->snapshot, each->text.text());
        for (auto each : sorted)
            if (each->has_status)
                add_extremum("status/", regions[each->region], "max", each->began, each->status,
                             each->is_offline ? "\"OFFLINE\"" : "\"ONLINE\"");
        end_line();
    }

    const Telling *holding(const Contact &contact, int bit) {
        for (const Telling *each = contact.tellings; each; each = each->next)
            if (each->held >> bit & 1) return each;
        return nullptr;
    }

    void write_slot(const Telling &told, Slot slot) {
        switch (slot) {
        case slot_work: return line.add(told.work);
        case slot_agent: return add_quoted_id(told.agent);
        case slot_channel: return add_quoted(told.channel);
        case slot_customer: return add_quoted(told.customer);
        case slot_reason: return add_quoted(told.reason);
        case slot_hold: return line.add(told.hold);
        case slot_initial: return add_quoted_id(told.initial);
        case slot_method: return add_quoted(told.method);
        case slot_next: return add_quoted_id(told.next_contact);
        case slot_previous: return add_quoted_id(told.previous);
        case slot_queue: return add_quoted(told.queue);
        case slot_queue_type: return add_quoted(told.queue_type);
        case slot_attributes: return line.add(told.attributes);
        case slot_tags: return line.add(told.tags);
        default: return add_quoted_id(told.related);
        }
    }

    void write(const Contact &contact) {
        static constexpr Text slots[] = {
            "afterContactWorkSeconds", "agent", "channel", "customerId", "disconnectReason", "holdSeconds", "initialContactId",
            "initiationMethod", "nextContactId", "previousContactId", "queue", "queueType", "relatedContactId",
            "segmentAttributes", "tags"};
        static constexpr Text milestones[] = {
            "AFTER_CONTACT_WORK_ENDED", "AFTER_CONTACT_WORK_STARTED", "CONNECTED_TO_AGENT", "CONNECTED_TO_SYSTEM", "DISCONNECTED",
            "INITIATED", "QUEUED"};
        begin_line(contact.id, "contact");
        write_agents(contact);
        for (int slot = 0; slot < slot_count; ++slot)
            if (const Telling *told = holding(contact, slot)) {
                begin("event/", slots[slot]);
                add_stamp(told->stamp);
                write_slot(*told, Slot(slot));
                line.add("}");
            }
        for (int each = 0; each < milestone_count; ++each)
            if (const Telling *told = holding(contact, slot_count + each))
                add_extremum("milestone/", milestones[each], "max", told->measures[each], told->stamp);
        if (contact.has_record) {
            add_register("", "record", contact.stamp, contact.record.text());
            begin("", "record/customer");
            add_stamp(contact.stamp);
            line.add_known(contact.customer.text());
            line.add("}");
        }
        for (int each = 0; each < seen_count; ++each)
            if (contact.seen_bits >> each & 1)
                add_extremum("seen/", contact_types[each].first, "max", contact.seen[each].time, contact.seen[each]);
        end_line();
    }

    void write_agents(const Contact &contact) {
        std::vector<std::pair<std::string, const ContactAgent *>> sorted;
        for (const auto &each : contact.agents) {
            const size_t before = line.count;
            add_id(each.agent);
            std::string path;
            for (char letter : line.text().substr(before)) path += letter == '/' ? "%2F" : std::string(1, letter);
            line.count = before;
            sorted.push_back({path, &each});
        }
        std::sort(sorted.begin(), sorted.end());
        for (const auto &[path, each] : sorted)
            if (each->value.length) add_register("agent/", path, each->stamp, each->value.text());
        for (const auto &[path, each] : sorted)
            if (each->connected) add_connected(path, each->connected);
    }

    template <class S> void write(Text name, const LastContact<S> &last) {
        if (!last.has) return;
        begin("lastContact/", name);
        add_stamp(last.stamp, "max", last.measure);
        line.add("{\"agentId\":");
        if (last.agent.known) add_quoted_id(last.agent);
        else line.add("null");
        line.add(",\"at\":\"");
        line.add_time(last.measure);
        line.add("\",\"contactId\":");
        add_quoted_id(last.contact);
        line.add("}}");
    }

    void write(const Customer &customer) {
        auto sorted = customer.contacts;
        std::sort(sorted.begin(), sorted.end(), [](const Told &a, const Told &b) { return a.contact.compare(b.contact) < 0; });
        begin_line(customer.id, "customer");
        line.add("\"contacts\":{\"capacity\":64,\"members\":[");
        is_first_register = false;
        for (const auto &each : sorted) {
            add_member(&each == &sorted[0], each.time);
            add_quoted_id(each.contact);
            line.add("}");
        }
        line.add("],\"rule\":\"union\"}");
        write("event", customer.event);
        write("record", customer.record);
        end_line();
    }

    void write(const Username &username) {
        auto sorted = username.agents;
        std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) { return compare(a.first, b.first) < 0; });
        begin_line(username.id, "username");
        line.add("\"agents\":{\"capacity\":16,\"members\":[");
        for (const auto &each : sorted) {
            add_member(&each == &sorted[0], each.second);
            add_quoted_id(each.first);
            line.add("}");
        }
        line.add("],\"rule\":\"union\"}");
        end_line();
    }

    static int compare(const Text &a, const Text &b) { return a.compare(b); }
    static int compare(const Id &a, const Id &b) { return a.compare(b); }
    static int compare(const AgentId &a, const AgentId &b) {
        const int order = instances.compare(a.instance, b.instance);
        return order ? order : a.id.compare(b.id);
    }

    template <class Entity> void write_all(std::vector<Part> &parts, Table<Entity> Part::*table) {
        std::vector<const Entity *> sorted;
        for (auto &part : parts)
            for (const auto &each : (part.*table).entities) sorted.push_back(&each);
        std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return compare(a->id, b->id) < 0; });
        for (auto each : sorted) write(*each);
    }

public:
    size_t count = 0;

    explicit Lines(FILE *file) : file(file) { EVP_DigestInit_ex(digest, EVP_sha256(), nullptr); }

    // The digest of all entities, in hexadecimal digits.
    std::string write(std::vector<Part> &parts) {
        write_all(parts, &Part::agents);
        write_all(parts, &Part::contacts);
        write_all(parts, &Part::customers);
        write_all(parts, &Part::usernames);
        Sha sha;
        unsigned length = 0;
        EVP_DigestFinal_ex(digest, sha.bytes, &length);
        line.count = 0;
        add_id(sha);
        return std::string(line.text());
    }
};
