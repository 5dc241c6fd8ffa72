// Events into the state: simdjson's On-Demand over each line, once, and what it finds joined at once.
// Knows the shapes that `converge generate` writes, and takes their text for canonical JSON, which it is.
#pragma once

#include "entities.h"

#include <openssl/evp.h>
#include <simdjson.h>

namespace ondemand = simdjson::ondemand;

// A value's text without quotes; empty for null.
inline Text known(ondemand::value value) {
    const Text token = value.raw_json_token();
    return token[0] == '"' ? token.substr(1, token.rfind('"') - 1) : Text();
}

inline Text name_of(ondemand::field &field) {
    const char *start = field.key().raw(), *end = start;
    while (*end != '"') ++end;
    return {start, size_t(end - start)};
}

// Appends text to memory that grows.
struct Line {
    std::vector<char> bytes = std::vector<char>(1 << 16);
    size_t count = 0;

    void add(Text text) {
        if (count + text.size() > bytes.size()) bytes.resize(2 * (count + text.size()));
        memcpy(bytes.data() + count, text.data(), text.size());
        count += text.size();
    }
    void add_time(int64_t time) {
        char text[24];
        write_time(time, text);
        add({text, 24});
    }
    // A string, or null where it is not known.
    void add_known(Text text) {
        if (text.empty()) return add("null");
        add("\"");
        add(text);
        add("\"");
    }
    Text text() const { return {bytes.data(), count}; }
};

class Merge {
    ondemand::parser parser;
    Arena arena;
    Clock clock;
    Line line;
    Telling *spare = nullptr;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const EVP_MD *sha = EVP_MD_fetch(nullptr, "SHA256", nullptr);

    // ARNs of instances as they came, with what they are: a handful.
    struct Instance {
        std::string arn;
        uint8_t region, instance;
    };
    std::vector<Instance> seen_instances;

    const Instance &instance(Text arn) {
        for (const auto &each : seen_instances)
            if (each.arn == arn) return each;
        // arn:aws:connect:REGION:ACCOUNT:instance/ID
        size_t colons[5], at = 0;
        for (auto &colon : colons) {
            colon = arn.find(':', at);
            if (colon == Text::npos) fail("no ARN of an instance:", arn);
            at = colon + 1;
        }
        if (arn.substr(colons[1] + 1, colons[2] - colons[1] - 1) != "connect") fail("no ARN of an instance:", arn);
        const std::string account(arn.substr(colons[3] + 1, colons[4] - colons[3] - 1));
        const std::string id(arn.substr(arn.find('/') + 1));
        seen_instances.push_back({std::string(arn), regions.number(arn.substr(colons[2] + 1, colons[3] - colons[2] - 1)),
                                  instances.number(account + "/" + id + "/")});
        return seen_instances.back();
    }

    AgentId agent_id(Text arn, uint8_t *region = nullptr) {
        constexpr size_t tail = 36 + 7;  // "/agent/" and the id
        if (arn.size() <= tail) fail("no ARN of an agent:", arn);
        const Instance &found = instance(arn.substr(0, arn.size() - tail));
        if (region) *region = found.region;
        return {read_id(arn.substr(arn.size() - 36)), found.instance, true};
    }

    Part &part(uint64_t hash) { return parts[parts.size() == 1 ? 0 : (hash >> 48) % parts.size()]; }

public:
    std::vector<Part> parts;
    size_t events = 0;

    explicit Merge(size_t count) : parts(count) {}

    Agent &agent(const AgentId &id) {
        const uint64_t hash = id.id.hash() + id.instance;
        return part(hash).agents.get(
            hash, [&](const Agent &each) { return each.id == id; }, [&](Agent &added) { added.id = id; });
    }
    Contact &contact(const Id &id) {
        const uint64_t hash = id.hash();
        return part(hash).contacts.get(
            hash, [&](const Contact &each) { return each.id == id; }, [&](Contact &added) { added.id = id; });
    }
    Customer &customer(Text id) {
        const uint64_t hash = hash_of(id);
        return part(hash).customers.get(
            hash, [&](const Customer &each) { return each.id == id; }, [&](Customer &added) { added.id = arena.copy(id); });
    }
    Username &username(Text id) {
        const uint64_t hash = hash_of(id);
        return part(hash).usernames.get(
            hash, [&](const Username &each) { return each.id == id; }, [&](Username &added) { added.id = arena.copy(id); });
    }

    // One line: `room` bytes are readable from its start.
    void read(const char *text, size_t length, size_t room) {
        ++events;
        ondemand::document document = parser.iterate(text, length, room);
        ondemand::object root = document.get_object();
        // All shapes have a member of their own, first or second.
        const Text whole(text, length), head = whole.substr(0, 80);
        const Text second = head.substr(std::min(head.find(',') + 1, head.size()));
        if (head.substr(0, 11) == "{\"version\":") {
            read_contact_event(root);
        } else if (second.substr(0, 11) == "\"AgentARN\":") {
            read_agent_event(document, root);
        } else if (second.substr(0, 37) == "\"AWSContactTraceRecordFormatVersion\":") {
            read_record(root, whole);
        } else {
            fail("an event of no known shape:", head);
        }
    }

    // Joins what another thread made of the contact.
    void join_contact(Contact &into, Contact &from);

private:
    struct ToldContact {
        Text id, channel, connected, initial, method, queue_arn, queue_name, queued, since, state;
        bool has_queue;
    };
    struct Snapshot {
        Text json, username, status_start;
        bool is_there = false, has_status = false, is_offline = false;
        std::vector<ToldContact> contacts;
    } current, previous;

    void read_contacts(ondemand::array array, std::vector<ToldContact> &contacts) {
        for (ondemand::value element : array) {
            ToldContact told{};
            ondemand::object object = element.get_object();
            for (ondemand::field member : object) {
                const Text name = name_of(member);
                ondemand::value value = member.value();
                switch (name.size()) {
                case 5:
                    if (name == "State") {
                        told.state = known(value);
                    } else if (name == "Queue" && value.type().value() == ondemand::json_type::object) {
                        told.has_queue = true;
                        ondemand::object queue = value.get_object();
                        for (ondemand::field inner : queue) {
                            const Text key = name_of(inner);
                            if (key == "ARN") told.queue_arn = known(inner.value());
                            if (key == "Name") told.queue_name = known(inner.value());
                        }
                    }
                    break;
                case 7: if (name == "Channel") told.channel = known(value); break;
                case 9: if (name == "ContactId") told.id = known(value); break;
                case 14: if (name == "QueueTimestamp") told.queued = known(value); break;
                case 16:
                    if (name == "InitialContactId") told.initial = known(value);
                    if (name == "InitiationMethod") told.method = known(value);
                    break;
                case 19: if (name == "StateStartTimestamp") told.since = known(value); break;
                case 25: if (name == "ConnectedToAgentTimestamp") told.connected = known(value); break;
                }
            }
            if (!told.id.empty()) contacts.push_back(told);
        }
    }

    // `whole`: with what only the current one is asked for.
    void read_snapshot(ondemand::value value, Snapshot &snapshot, bool whole) {
        snapshot.contacts.clear();
        snapshot.username = {};
        snapshot.status_start = {};
        snapshot.has_status = false;
        snapshot.is_there = value.type().value() == ondemand::json_type::object;
        if (!snapshot.is_there) return;
        ondemand::object object = value.get_object();
        for (ondemand::field member : object) {
            const Text name = name_of(member);
            if (name == "Contacts") {
                read_contacts(member.value().get_array(), snapshot.contacts);
                if (!whole && snapshot.contacts.empty()) return;
            } else if (name == "Configuration") {
                ondemand::object configuration = member.value().get_object();
                for (ondemand::field part : configuration) {
                    if (name_of(part) == "Username") snapshot.username = known(part.value());
                }
            } else if (whole && name == "AgentStatus") {
                Text type, title;
                ondemand::object status = member.value().get_object();
                for (ondemand::field part : status) {
                    const Text key = name_of(part);
                    if (key == "Type") type = known(part.value());
                    if (key == "Name") title = known(part.value());
                    if (key == "StartTimestamp") snapshot.status_start = known(part.value());
                }
                snapshot.has_status = !type.empty() || !title.empty();
                snapshot.is_offline = type.empty() ? title == "Offline" : type == "OFFLINE";
            }
        }
    }

    void read_agent_event(ondemand::document &document, ondemand::object &root) {
        uint8_t region = 0;
        AgentId id;
        Text event, time, type;
        current.is_there = previous.is_there = false;
        const char *start = nullptr;
        // Where an object ended is known when its next sibling is there.
        for (ondemand::field member : root) {
            const Text name = name_of(member);
            if (start) {
                current.json = Text(start, size_t(name.data() - 2 - start));
                start = nullptr;
            }
            ondemand::value value = member.value();
            switch (name.size()) {
            case 7: if (name == "EventId") event = known(value); break;
            case 8: if (name == "AgentARN") id = agent_id(known(value), &region); break;
            case 9: if (name == "EventType") type = known(value); break;
            case 14: if (name == "EventTimestamp") time = known(value); break;
            case 20:
                if (name != "CurrentAgentSnapshot") break;
                start = document.current_location();
                read_snapshot(value, current, true);
                if (!current.is_there) start = nullptr;
                break;
            case 21: if (name == "PreviousAgentSnapshot") read_snapshot(value, previous, false); break;
            }
        }
        const uint8_t rank =
            type == "HEART_BEAT" ? 1 : type == "STATE_CHANGE" ? 2 : type == "LOGIN" ? 3 : type == "LOGOUT" ? 4 : 0;
        write_agent(id, {clock.read_stamp(time), read_id(event), rank, region});
    }

    void write_agent(const AgentId &id, const Stamp &stamp) {
        Agent &agent = this->agent(id);
        AgentRegion &here = agent.in(stamp.region, stamp);
        if (stamp.compare(here.first) < 0) here.first = stamp;
        if (stamp.rank >= 3 && wins(here.has_presence, here.presence, stamp)) here.is_login = stamp.rank == 3;
        if (stamp.compare(here.seen) > 0) here.seen = stamp;
        if (!current.is_there) return;
        if (wins(here.has_snapshot, here.snapshot, stamp)) here.text.set(current.json, arena);
        if (current.has_status) {
            int64_t began = clock.read_told(current.status_start);
            if (!began && stamp.rank == 2) began = stamp.time;
            tell_status(here, std::min(began, stamp.time), stamp, current.is_offline);
        }
        if (!current.username.empty()) {
            constexpr int64_t day = 86'400'000;
            const int64_t start = stamp.time - (stamp.time % day + day) % day;
            if (agent.day != start || agent.username.text() != current.username) {
                agent.day = start;
                agent.username.set(current.username, arena);
                join(username(current.username), id, start);
            }
        }
        for (const auto &told : current.contacts) write_contact(told, current.username, id, stamp, false);
        if (!previous.is_there) return;
        for (const auto &told : previous.contacts) {
            bool is_here = false;
            for (const auto &each : current.contacts) is_here |= each.id == told.id;
            if (!is_here) write_contact(told, previous.username, id, stamp, true);
        }
    }

    void write_contact(const ToldContact &told, Text username, const AgentId &agent, const Stamp &stamp, bool left) {
        ContactAgent &place = connect(contact(read_id(told.id)), agent, clock.read_told(told.connected));
        if (stamp.compare(place.stamp) <= 0) return;
        place.stamp = stamp;
        line.count = 0;
        line.add("{\"channel\":");
        line.add_known(told.channel);
        line.add(",\"connectedAt\":");
        line.add_known(told.connected);
        line.add(",\"initialContactId\":");
        line.add_known(told.initial);
        line.add(",\"initiationMethod\":");
        line.add_known(told.method);
        line.add(",\"queue\":");
        if (told.has_queue) {
            line.add("{\"arn\":");
            line.add_known(told.queue_arn);
            line.add(",\"name\":");
            line.add_known(told.queue_name);
            line.add("}");
        } else {
            line.add("null");
        }
        line.add(",\"queuedAt\":");
        line.add_known(told.queued);
        line.add(",\"since\":");
        if (left) {
            line.add("\"");
            line.add_time(stamp.time);
            line.add("\",\"state\":\"LEFT\"");
        } else {
            line.add_known(told.since);
            line.add(",\"state\":");
            line.add_known(told.state);
        }
        line.add(",\"username\":");
        line.add_known(username);
        line.add("}");
        place.value.set(line.text(), arena);
    }

    void read_contact_event(ondemand::object &root);
    void read_detail(ondemand::object detail, Telling &told, Id &contact, Text &type, uint8_t &region);
    void tell(Contact &contact, const Telling &told);
    void read_record(ondemand::object &root, Text whole);

    template <class S>
    void write_customer(Text id, LastContact<S> Customer::*source, const LastContact<S> &told) {
        Customer &customer = this->customer(id);
        join(customer, Told{told.measure, told.contact});
        join(customer.*source, told);
    }
};

#include "contacts.h"
