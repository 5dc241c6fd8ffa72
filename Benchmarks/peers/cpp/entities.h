// The merged state: an entity is a struct with a place for each register of docs/merge.md; every place has its join.
#pragma once

#include "values.h"

#include <algorithm>
#include <vector>

// Entities by number, in blocks, so that they stay where they are.
template <class Entity> class Places {
    static constexpr size_t shift = 8, block = 1 << shift;
    std::vector<std::unique_ptr<Entity[]>> blocks;
    size_t count = 0;

public:
    struct Iterator {
        Places *places;
        size_t at;
        Entity &operator*() const { return (*places)[at]; }
        Iterator &operator++() { return ++at, *this; }
        bool operator!=(const Iterator &other) const { return at != other.at; }
    };

    Entity &operator[](size_t number) { return blocks[number >> shift][number & (block - 1)]; }
    size_t size() const { return count; }
    Entity &add() {
        if (count == blocks.size() * block) blocks.push_back(std::make_unique<Entity[]>(block));
        return (*this)[count++];
    }
    Iterator begin() { return {this, 0}; }
    Iterator end() { return {this, count}; }
};

// Hash table of entities that stay where they are. A bucket holds the upper half of the hash and the entity's number plus one.
template <class Entity> class Table {
    std::vector<uint64_t> buckets = std::vector<uint64_t>(4096);

    void grow() {
        std::vector<uint64_t> before(buckets.size() * 2);
        before.swap(buckets);
        for (size_t number = 0; number < entities.size(); ++number) {
            size_t at = entities[number].hash & (buckets.size() - 1);
            while (buckets[at]) at = (at + 1) & (buckets.size() - 1);
            buckets[at] = (entities[number].hash & ~0xFFFFFFFFull) | (number + 1);
        }
    }

public:
    Places<Entity> entities;

    // The entity that is `same`, or a new one that `begin` makes out of an empty one.
    template <class Same, class Begin> Entity &get(uint64_t hash, Same same, Begin begin) {
        size_t at = hash & (buckets.size() - 1);
        for (; buckets[at]; at = (at + 1) & (buckets.size() - 1)) {
            if (buckets[at] >> 32 != hash >> 32) continue;
            Entity &entity = entities[(buckets[at] & 0xFFFFFFFF) - 1];
            if (same(entity)) return entity;
        }
        Entity &added = entities.add();
        added.hash = hash;
        begin(added);
        buckets[at] = (hash & ~0xFFFFFFFFull) | entities.size();
        if (entities.size() * 2 > buckets.size()) grow();
        return added;
    }
};

inline uint64_t hash_of(Text text) {
    uint64_t hash = 0x9E3779B97F4A7C15ull ^ text.size();
    const char *at = text.data();
    size_t left = text.size();
    for (uint64_t word; left >= 8; at += 8, left -= 8) {
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDull;
        hash ^= hash >> 32;
    }
    uint64_t word = 0;
    memcpy(&word, at, left);
    hash = (hash ^ word) * 0xC4CEB9FE1A85EC53ull;
    return hash ^ hash >> 29;
}

// What an agent's events of one Region say.
struct AgentRegion {
    uint8_t region = 0;
    bool has_presence = false, has_snapshot = false, has_status = false, is_login = false, is_offline = false;
    Stamp first, presence, seen, snapshot, status;
    // When the status began.
    int64_t began = 0;
    Stored text;
};

struct Agent {
    uint64_t hash = 0;
    AgentId id;
    std::vector<AgentRegion> regions;
    // What its username was last told to stand for: to tell it again the same day would change nothing.
    Stored username;
    int64_t day = INT64_MIN;

    AgentRegion &in(uint8_t region, const Stamp &stamp) {
        for (auto &each : regions)
            if (each.region == region) return each;
        auto &added = regions.emplace_back();
        added.region = region;
        added.first = added.seen = stamp;
        return added;
    }
};

inline bool wins(bool &has, Stamp &held, const Stamp &told) {
    if (has && told.compare(held) <= 0) return false;
    has = true;
    held = told;
    return true;
}

inline void tell_status(AgentRegion &here, int64_t began, const Stamp &stamp, bool is_offline) {
    if (here.has_status && (began != here.began ? began < here.began : stamp.compare(here.status) <= 0)) return;
    here.has_status = true;
    here.began = began;
    here.status = stamp;
    here.is_offline = is_offline;
}

// The names of a contact's `event/` registers, in their order.
enum Slot : int {
    slot_work, slot_agent, slot_channel, slot_customer, slot_reason, slot_hold, slot_initial, slot_method, slot_next,
    slot_previous, slot_queue, slot_queue_type, slot_related, slot_attributes, slot_tags
};
constexpr int slot_count = 15;
enum Milestone : int {
    work_ended, work_started, connected_to_agent, connected_to_system, disconnected, initiated, queued, milestone_count
};
constexpr int seen_count = 7;

// All that one contact event says: its registers have one stamp, so two events are compared once and not register by register.
struct Telling {
    Telling *next = nullptr;
    Stamp stamp;
    // A bit for each slot, then for each milestone, that no other telling has won.
    uint32_t held = 0;
    AgentId agent;
    Id initial, previous, next_contact, related;
    int64_t measures[milestone_count];
    Text channel, customer, reason, method, queue, queue_type, attributes, tags, work, hold;
    Stored text;
};

// What agents' snapshots say of the contact, and when the agent was connected; either may be missing.
struct ContactAgent {
    AgentId agent;
    Stamp stamp;
    Stored value;
    int64_t connected = 0;
};

struct Contact {
    uint64_t hash = 0;
    Id id;
    Telling *tellings = nullptr;
    uint8_t seen_bits = 0;
    bool has_record = false;
    Stamp seen[seen_count];
    std::vector<ContactAgent> agents;
    RecordStamp stamp;
    Stored record, customer;
};

struct Told {
    int64_t time;
    Id contact;
    // The order of who stays when the set is full.
    bool operator<(const Told &other) const {
        return time != other.time ? time < other.time : contact.compare(other.contact) < 0;
    }
};

template <class S> struct LastContact {
    bool has = false;
    int64_t measure = 0;
    S stamp;
    AgentId agent;
    Id contact;
};

struct Customer {
    uint64_t hash = 0;
    Text id;
    std::vector<Told> contacts;
    LastContact<Stamp> event;
    LastContact<RecordStamp> record;
};

struct Username {
    uint64_t hash = 0;
    Text id;
    std::vector<std::pair<AgentId, int64_t>> agents;
};

// A part of the state, by hash of the entities' ids.
struct Part {
    Table<Agent> agents;
    Table<Contact> contacts;
    Table<Customer> customers;
    Table<Username> usernames;
};

constexpr size_t contacts_of_customer_max = 64, agents_of_username_max = 16;

inline void join(Customer &customer, Told told) {
    for (auto &each : customer.contacts)
        if (each.contact == told.contact) {
            each.time = std::max(each.time, told.time);
            return;
        }
    customer.contacts.push_back(told);
    if (customer.contacts.size() <= contacts_of_customer_max) return;
    size_t least = 0;
    for (size_t at = 1; at < customer.contacts.size(); ++at)
        if (customer.contacts[at] < customer.contacts[least]) least = at;
    customer.contacts.erase(customer.contacts.begin() + long(least));
}

template <class S> void join(LastContact<S> &held, const LastContact<S> &told) {
    if (!told.has) return;
    if (held.has && (told.measure != held.measure ? told.measure < held.measure : told.stamp.compare(held.stamp) <= 0)) return;
    held = told;
}

inline void join(Username &username, const AgentId &agent, int64_t day) {
    for (auto &each : username.agents)
        if (each.first == agent) {
            each.second = std::max(each.second, day);
            return;
        }
    if (username.agents.size() == agents_of_username_max) fail("more agents under a username than a set keeps:", username.id);
    username.agents.push_back({agent, day});
}

// Takes from each of two tellings what the other one wins; false where nothing is left of the one that is told.
inline bool contest(Contact &contact, Telling &told, Telling *&spare) {
    for (Telling **at = &contact.tellings; *at;) {
        Telling &held = **at;
        const int order = told.stamp.compare(held.stamp);
        if (order == 0) return false;
        constexpr uint32_t slots = (1u << slot_count) - 1;
        const uint32_t both = told.held & held.held;
        uint32_t lost_by_held = order > 0 ? both & slots : 0;
        for (int each = 0; each < milestone_count; ++each) {
            const uint32_t bit = 1u << (slot_count + each);
            if (!(both & bit)) continue;
            const int64_t ahead = told.measures[each] - held.measures[each];
            if (ahead > 0 || (ahead == 0 && order > 0)) lost_by_held |= bit;
        }
        held.held &= ~lost_by_held;
        told.held &= ~(both & ~lost_by_held);
        if (held.held) {
            at = &held.next;
        } else {
            *at = held.next;
            held.next = spare;
            spare = &held;
        }
        if (!told.held) return false;
    }
    return true;
}

// The place of what is told of the contact and the agent, with the time of a connection joined.
inline ContactAgent &connect(Contact &contact, const AgentId &agent, int64_t connected) {
    for (auto &each : contact.agents)
        if (each.agent == agent) {
            each.connected = std::max(each.connected, connected);
            return each;
        }
    contact.agents.push_back({agent, {}, {}, connected});
    return contact.agents.back();
}

// Whether the record wins.
inline bool wins(Contact &contact, const RecordStamp &stamp) {
    if (contact.has_record && stamp.compare(contact.stamp) <= 0) return false;
    contact.has_record = true;
    contact.stamp = stamp;
    return true;
}
