import Simulation

/// Another contact center than the one that is measured: traffic of another seed, so that every id is another one, in other Regions, with
/// other names of people, queues, profiles, groups, flows and statuses, another account, other attributes and variables.
///
/// A dictionary that is trained on its rows knows how rows are built, and nothing of what is in those that are measured.
struct OtherCenter {
    static let regions = ["eu-central-1", "eu-west-2"]
    static let seed: UInt64 = 2

    /// What stands in a line, and what takes its place. None of the latter is found in the traffic that is measured.
    private static let names = [
        ("236630710668", "918273645501"), ("@example.com", "@phone.test"), ("\"agent0", "\"k0"),
        // Queues.
        ("Sales ", "Orders "), ("Support ", "Helpdesk "), ("Billing ", "Invoices "), ("Reclamações ", "Beschwerden "),
        ("Tech Support Tier 2 ", "Field service "), ("Kündigung & Rückruf ", "Vertrag "), ("Ventas México ", "Nordic desk "),
        ("サポート ", "Lounge "), ("Retention ", "Win-back "), ("Claims ", "Damage "),
        // Profiles, groups and flows.
        ("Routing profile ", "Skill set "), ("Perfil de enrutamiento nº ", "Team-Profil "), ("Level 1 Gruppe ", "Site "),
        ("Level 2 Gruppe ", "Floor "), ("Main IVR", "Welcome"), ("Authentication\"", "Who is it\""),
        ("Billing menu", "Accounts"),
        ("Rückruf anbieten", "Ring back"), ("Queue flow", "Hold music"), ("Order status", "Parcel"), ("Encuesta", "Stars"),
        ("Nights", "Closed"),
        // Statuses of one's own.
        ("\"Break\"", "\"Pause\""), ("\"Lunch\"", "\"Mittag\""), ("\"Training\"", "\"Coaching\""),
        ("Team meeting – weekly", "Stand-up"),
        // People.
        ("\"Ana\"", "\"Aarav\""), ("\"José\"", "\"Tuomas\""), ("\"Mary\"", "\"Ingrid\""), ("\"Wei\"", "\"Kofi\""),
        ("\"Priya\"", "\"Leila\""), ("\"Olu\"", "\"Petra\""), ("\"Zoë\"", "\"Hugo\""), ("\"Ivan\"", "\"Nuria\""),
        ("\"Chidi\"", "\"Tariq\""), ("\"Søren\"", "\"Moana\""), ("\"Fatima\"", "\"Greta\""), ("\"Liam\"", "\"Enzo\""),
        ("\"Noah\"", "\"Yusuf\""), ("\"Emma\"", "\"Saoirse\""), ("\"Ava\"", "\"Bea\""), ("\"Mía\"", "\"Dalia\""),
        ("\"Smith\"", "\"Bauer\""), ("\"García\"", "\"Lindholm\""), ("\"Chen\"", "\"Varga\""), ("\"Patel\"", "\"Moreau\""),
        ("\"Müller\"", "\"Fischer\""), ("\"Okafor\"", "\"Tanaka\""), ("\"Silva\"", "\"Petrov\""), ("\"Kim\"", "\"Janssen\""),
        ("\"Brown\"", "\"Lefebvre\""), ("\"Jones\"", "\"Keller\""),
        // Attributes and variables.
        ("\"accountTier\"", "\"segment\""), ("\"intent\"", "\"topic\""), ("\"verified\"", "\"known\""),
        ("\"surveyScore\"", "\"stars\""), ("\"tier\"", "\"class\""), ("\"authenticated\"", "\"pinOk\""),
        ("\"caseId\"", "\"ticket\""),
        ("\"lastOrder\"", "\"parcel\""), ("order_status", "where_is_it"), ("tech_help", "outage"), ("\"gold\"", "\"premium\""),
        ("\"silver\"", "\"plus\""), ("\"bronze\"", "\"basic\""), ("/webrtc/gateway", "/calls/edge"),
        ("\"jitterMs\"", "\"lossPercent\""),
        ("Firefox – Android", "Safari, iPhone"), ("größe/équipe", "blue"), ("\"core\"", "\"main\""),
    ].map { (from: Array($0.0.utf8), to: Array($0.1.utf8)) }

    /// By their first byte, in order.
    private let byFirst: [[(from: [UInt8], to: [UInt8])]]

    init() {
        var byFirst = [[(from: [UInt8], to: [UInt8])]](repeating: [], count: 256)
        for name in OtherCenter.names { byFirst[Int(name.from[0])].append(name) }
        self.byFirst = byFirst
    }

    /// The line with the other names.
    func renamed(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(line.count)
        var at = 0
        while at < line.count {
            if let name = byFirst[Int(line[at])].first(where: { line[at...].starts(with: $0.from) }) {
                out += name.to
                at += name.from.count
            } else {
                out.append(line[at])
                at += 1
            }
        }
        return out
    }
}
