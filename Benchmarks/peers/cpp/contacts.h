// Contact events and contact records: see events.h.
#pragma once

#include "events.h"

// Types of contact events in the order of their names, with their ranks.
constexpr std::array<std::pair<Text, uint8_t>, seen_count> contact_types = {{
    {"COMPLETED", 6}, {"CONNECTED_TO_AGENT", 4}, {"CONNECTED_TO_SYSTEM", 2}, {"CONTACT_DATA_UPDATED", 0}, {"DISCONNECTED", 5},
    {"INITIATED", 1}, {"QUEUED", 3},
}};

// Whether a member is that one, with a small first letter or a capital one.
inline bool is(Text name, Text wanted) {
    return (name[0] | 0x20) == wanted[0] && !memcmp(name.data() + 1, wanted.data() + 1, wanted.size() - 1);
}

inline void set_milestone(Telling &told, Milestone milestone, Text text, Clock &clock) {
    const int64_t time = clock.read_told(text);
    if (!time) return;
    told.measures[milestone] = time;
    told.held |= 1u << (slot_count + milestone);
}

inline void set_text(Telling &told, Slot slot, Text Telling::*member, Text text) {
    told.*member = text;
    if (!text.empty()) told.held |= 1u << slot;
}

inline void set_id(Telling &told, Slot slot, Id Telling::*member, Text text) {
    if (text.empty()) return;
    told.*member = read_id(text);
    told.held |= 1u << slot;
}

// A document that says something, as it stands.
inline void set_document(Telling &told, Slot slot, Text Telling::*member, ondemand::value value) {
    if (value.type().value() != ondemand::json_type::object) return;
    ondemand::object document = value.get_object();
    const Text json = document.raw_json();
    if (json.size() > 2) set_text(told, slot, member, json);
}

inline void set_seconds(Telling &told, Slot slot, Text Telling::*member, ondemand::value value) {
    const Text token = value.raw_json_token();
    if (token[0] >= '0' && token[0] <= '9') set_text(told, slot, member, token);
}

// Facts of docs/merge.md that `converge generate` does not write: refused, and not left out.
inline void refuse(Text name, std::initializer_list<Text> unread) {
    for (const Text each : unread)
        if (name.size() == each.size() && is(name, each)) fail("a member that is not read:", name);
}

inline void Merge::read_detail(ondemand::object detail, Telling &told, Id &contact, Text &type, uint8_t &region) {
    for (ondemand::field member : detail) {
        const Text name = name_of(member);
        ondemand::value value = member.value();
        switch (name.size()) {
        case 4: if (is(name, "tags")) set_document(told, slot_tags, &Telling::tags, value); break;
        case 7: if (is(name, "channel")) set_text(told, slot_channel, &Telling::channel, known(value)); break;
        case 9:
            if (is(name, "contactId")) {
                contact = read_id(known(value));
            } else if (is(name, "eventType")) {
                type = known(value);
            } else if (is(name, "agentInfo")) {
                for (ondemand::field inner : value.get_object()) {
                    const Text key = name_of(inner);
                    if (key.size() == 8 && is(key, "agentArn")) {
                        told.agent = agent_id(known(inner.value()));
                        told.held |= 1u << slot_agent;
                    } else if (key.size() == 25 && is(key, "connectedToAgentTimestamp")) {
                        set_milestone(told, connected_to_agent, known(inner.value()), clock);
                    } else if (key.size() == 24 && is(key, "afterContactWorkDuration")) {
                        set_seconds(told, slot_work, &Telling::work, inner.value());
                    } else if (key.size() == 26 && is(key, "agentInitiatedHoldDuration")) {
                        set_seconds(told, slot_hold, &Telling::hold, inner.value());
                    } else if (key.size() == 28 && is(key, "afterContactWorkEndTimestamp")) {
                        set_milestone(told, work_ended, known(inner.value()), clock);
                    } else if (key.size() == 30 && is(key, "afterContactWorkStartTimestamp")) {
                        set_milestone(told, work_started, known(inner.value()), clock);
                    } else {
                        refuse(key, {"acceptedByAgentTimestamp", "previewEndTimestamp"});
                    }
                }
            } else if (is(name, "queueInfo")) {
                for (ondemand::field inner : value.get_object()) {
                    const Text key = name_of(inner);
                    if (key.size() == 8 && is(key, "queueArn")) {
                        set_text(told, slot_queue, &Telling::queue, known(inner.value()));
                    } else if (key.size() == 16 && is(key, "enqueueTimestamp")) {
                        set_milestone(told, queued, known(inner.value()), clock);
                    } else if (key.size() == 9 && is(key, "queueType")) {
                        set_text(told, slot_queue_type, &Telling::queue_type, known(inner.value()));
                    } else {
                        refuse(key, {"dequeueTimestamp"});
                    }
                }
            }
            break;
        case 10:
            if (is(name, "customerId")) set_text(told, slot_customer, &Telling::customer, known(value));
            else refuse(name, {"recordings"});
            break;
        case 11: if (is(name, "instanceArn")) region = instance(known(value)).region; break;
        case 13: if (is(name, "nextContactId")) set_id(told, slot_next, &Telling::next_contact, known(value)); break;
        case 16:
            if (is(name, "initiationMethod")) {
                set_text(told, slot_method, &Telling::method, known(value));
            } else if (is(name, "disconnectReason")) {
                set_text(told, slot_reason, &Telling::reason, known(value));
            } else if (is(name, "initialContactId")) {
                set_id(told, slot_initial, &Telling::initial, known(value));
            } else if (is(name, "relatedContactId")) {
                set_id(told, slot_related, &Telling::related, known(value));
            } else {
                refuse(name, {"customerEndpoint"});
            }
            break;
        case 17:
            if (is(name, "previousContactId")) set_id(told, slot_previous, &Telling::previous, known(value));
            else if (is(name, "segmentAttributes")) set_document(told, slot_attributes, &Telling::attributes, value);
            break;
        case 19:
            if (is(name, "disconnectTimestamp")) {
                set_milestone(told, disconnected, known(value), clock);
            } else if (is(name, "initiationTimestamp")) {
                set_milestone(told, initiated, known(value), clock);
            }
            break;
        case 26:
            if (is(name, "connectedToSystemTimestamp")) set_milestone(told, connected_to_system, known(value), clock);
            break;
        default:
            refuse(name, {"campaign", "systemEndpoint", "routingCriteria", "contactEvaluations", "scheduledTimestamp",
                          "globalResiliencyMetadata", "answeringMachineDetectionStatus"});
        }
    }
}

inline void Merge::read_contact_event(ondemand::object &root) {
    Text event, time, type;
    Telling told;
    Id id;
    uint8_t region = 0;
    for (ondemand::field member : root) {
        const Text name = name_of(member);
        switch (name.size()) {
        case 2: if (name == "id") event = known(member.value()); break;
        case 4: if (name == "time") time = known(member.value()); break;
        case 6: if (name == "detail") read_detail(member.value().get_object(), told, id, type, region); break;
        }
    }
    size_t number = 0;
    while (number < seen_count && contact_types[number].first != type) ++number;
    if (number == seen_count) fail("a contact event of a type that is not known:", type);
    told.stamp = {clock.read_stamp(time), read_id(event), contact_types[number].second, region};

    const uint32_t bits = told.held;
    Contact &contact = this->contact(id);
    bool has = contact.seen_bits >> number & 1;
    if (wins(has, contact.seen[number], told.stamp)) contact.seen_bits |= uint8_t(1 << number);
    int64_t connected = type == "CONNECTED_TO_AGENT" ? told.stamp.time : 0;
    if (bits & 1u << (slot_count + connected_to_agent)) connected = told.measures[connected_to_agent];
    if (connected && told.agent.known) connect(contact, told.agent, connected);
    if (contest(contact, told, spare)) tell(contact, told);
    if (told.customer.empty()) return;
    const int64_t at = bits & 1u << (slot_count + initiated) ? told.measures[initiated] : told.stamp.time;
    write_customer(told.customer, &Customer::event, {true, at, told.stamp, connected ? told.agent : AgentId(), id});
}

// Keeps a telling that won something, its text in one piece.
inline void Merge::tell(Contact &contact, const Telling &told) {
    constexpr std::array<Text Telling::*, 10> texts = {
        &Telling::channel, &Telling::customer, &Telling::reason, &Telling::method, &Telling::queue, &Telling::queue_type,
        &Telling::attributes, &Telling::tags, &Telling::work, &Telling::hold};
    line.count = 0;
    for (const auto text : texts) line.add(told.*text);
    Telling *kept = spare;
    if (kept) spare = kept->next;
    else kept = new (arena.take(sizeof(Telling))) Telling;
    const Stored stored = kept->text;
    *kept = told;
    kept->text = stored;
    kept->text.set(line.text(), arena);
    const char *at = kept->text.bytes;
    for (const auto text : texts) {
        kept->*text = Text(at, (told.*text).size());
        at += (told.*text).size();
    }
    // Channels are told in capitals.
    for (char *each = kept->text.bytes; each < kept->text.bytes + told.channel.size(); ++each)
        if (*each >= 'a' && *each <= 'z') *each = char(*each - 32);
    kept->next = contact.tellings;
    contact.tellings = kept;
}

// How much a value says: what in it is neither null nor empty.
inline int leaves(ondemand::value value) {
    int count = 0;
    switch (value.type().value()) {
    case ondemand::json_type::object:
        for (ondemand::field inner : value.get_object()) count += leaves(inner.value());
        return count;
    case ondemand::json_type::array:
        for (ondemand::value inner : value.get_array()) count += leaves(inner);
        return count;
    case ondemand::json_type::string: return value.raw_json_token()[1] != '"';
    case ondemand::json_type::null: return 0;
    default: return 1;
    }
}

inline void Merge::read_record(ondemand::object &root, Text whole) {
    Text contact_id, customer_id, named, initiated_at, updated, arn, agent_arn;
    int said = 0, attributes = 0;
    for (ondemand::field member : root) {
        const Text name = name_of(member);
        ondemand::value value = member.value();
        switch (name.size()) {
        case 5:
            if (name != "Agent" || value.type().value() != ondemand::json_type::object) break;
            for (ondemand::field inner : value.get_object()) {
                if (name_of(inner) == "ARN") agent_arn = known(inner.value());
                said += leaves(inner.value());
            }
            continue;
        case 9: if (name == "ContactId") contact_id = known(value); break;
        case 10:
            if (name == "CustomerId") {
                customer_id = known(value);
            } else if (name == "Attributes" && value.type().value() == ondemand::json_type::object) {
                for (ondemand::field inner : value.get_object()) {
                    if (name_of(inner) == "customerId") named = known(inner.value());
                    attributes += leaves(inner.value());
                }
                continue;
            }
            break;
        case 11: if (name == "InstanceARN") arn = known(value); break;
        case 19:
            if (name == "LastUpdateTimestamp") updated = known(value);
            if (name == "InitiationTimestamp") initiated_at = known(value);
            break;
        }
        said += leaves(value);
    }
    const auto rank = uint8_t(std::min(said, 127) + std::min(attributes, 128));
    RecordStamp stamp{clock.read_stamp(updated), {}, rank, instance(arn).region};
    unsigned length = 0;
    EVP_DigestInit_ex2(digest, sha, nullptr);
    EVP_DigestUpdate(digest, whole.data(), whole.size());
    EVP_DigestFinal_ex(digest, stamp.event.bytes, &length);

    const Text customer = customer_id.empty() ? named : customer_id;
    const Id id = read_id(contact_id);
    Contact &contact = this->contact(id);
    if (wins(contact, stamp)) {
        contact.record.set(whole, arena);
        contact.customer.set(customer, arena);
    }
    if (customer.empty()) return;
    const int64_t initiated = clock.read_told(initiated_at);
    write_customer(customer, &Customer::record,
                   {true, initiated ? initiated : stamp.time, stamp, agent_arn.empty() ? AgentId() : agent_id(agent_arn), id});
}

inline void Merge::join_contact(Contact &into, Contact &from) {
    for (const auto &each : from.agents) {
        ContactAgent &place = connect(into, each.agent, each.connected);
        if (each.stamp.compare(place.stamp) <= 0) continue;
        place.stamp = each.stamp;
        place.value = each.value;
    }
    for (Telling *told = from.tellings, *next; told; told = next) {
        next = told->next;
        if (!contest(into, *told, spare)) continue;
        told->next = into.tellings;
        into.tellings = told;
    }
    for (int number = 0; number < seen_count; ++number) {
        bool has = into.seen_bits >> number & 1;
        if (!(from.seen_bits >> number & 1)) continue;
        if (wins(has, into.seen[number], from.seen[number])) into.seen_bits |= uint8_t(1 << number);
    }
    if (from.has_record && wins(into, from.stamp)) {
        into.record = from.record;
        into.customer = from.customer;
    }
}
