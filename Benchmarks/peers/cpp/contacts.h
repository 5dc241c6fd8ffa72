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
    constexpr int64_t not_yet = 31'536'000'000;
    const int64_t time = text.empty() ? 0 : clock.read(text);
    if (time < not_yet) return;
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

inline void Merge::read_detail(ondemand::object detail, Telling &told, Id &contact, Text &type, uint8_t &region) {
    for (ondemand::field member : detail) {
        const Text name = name_of(member);
        ondemand::value value = member.value();
        switch (name.size()) {
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
                    }
                }
            } else if (is(name, "queueInfo")) {
                for (ondemand::field inner : value.get_object()) {
                    const Text key = name_of(inner);
                    if (key.size() == 8 && is(key, "queueArn")) {
                        set_text(told, slot_queue, &Telling::queue, known(inner.value()));
                    } else if (key.size() == 16 && is(key, "enqueueTimestamp")) {
                        set_milestone(told, queued, known(inner.value()), clock);
                    }
                }
            }
            break;
        case 10: if (is(name, "customerId")) set_text(told, slot_customer, &Telling::customer, known(value)); break;
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
            }
            break;
        case 17: if (is(name, "previousContactId")) set_id(told, slot_previous, &Telling::previous, known(value)); break;
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
    told.stamp = {clock.read(time), read_id(event), contact_types[number].second, region};

    const uint32_t bits = told.held;
    Contact &contact = this->contact(id);
    bool has = contact.seen_bits >> number & 1;
    if (wins(has, contact.seen[number], told.stamp)) contact.seen_bits |= uint8_t(1 << number);
    if (contest(contact, told, spare)) tell(contact, told);
    if (told.customer.empty()) return;
    const int64_t at = bits & 1u << (slot_count + initiated) ? told.measures[initiated] : told.stamp.time;
    write_customer(told.customer, &Customer::event, {true, at, told.stamp, told.agent, id});
}

// Keeps a telling that won something, its text in one piece.
inline void Merge::tell(Contact &contact, const Telling &told) {
    constexpr std::array<Text Telling::*, 5> texts = {
        &Telling::channel, &Telling::customer, &Telling::reason, &Telling::method, &Telling::queue};
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

inline void Merge::read_record(ondemand::object &root, Text whole) {
    Text contact_id, customer_id, named, initiated_at, updated, arn, agent_arn;
    for (ondemand::field member : root) {
        const Text name = name_of(member);
        ondemand::value value = member.value();
        switch (name.size()) {
        case 5:
            if (name != "Agent" || value.type().value() != ondemand::json_type::object) break;
            for (ondemand::field inner : value.get_object()) {
                if (name_of(inner) == "ARN") agent_arn = known(inner.value());
            }
            break;
        case 9: if (name == "ContactId") contact_id = known(value); break;
        case 10:
            if (name == "CustomerId") {
                customer_id = known(value);
            } else if (name == "Attributes" && value.type().value() == ondemand::json_type::object) {
                for (ondemand::field inner : value.get_object()) {
                    if (name_of(inner) == "customerId") named = known(inner.value());
                }
            }
            break;
        case 11: if (name == "InstanceARN") arn = known(value); break;
        case 19:
            if (name == "LastUpdateTimestamp") updated = known(value);
            if (name == "InitiationTimestamp") initiated_at = known(value);
            break;
        }
    }
    RecordStamp stamp{clock.read(updated), {}, 0, instance(arn).region};
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
    write_customer(customer, &Customer::record,
                   {true, initiated_at.empty() ? stamp.time : clock.read(initiated_at), stamp,
                    agent_arn.empty() ? AgentId() : agent_id(agent_arn), id});
}

inline void Merge::join_contact(Contact &into, Contact &from) {
    for (const auto &each : from.agents)
        if (ContactAgent *place = winning(into, each.agent, each.stamp)) place->value = each.value;
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
