# Holds what was measured against the table that is kept, a line a complaint.
# Grown: by more than a tenth. An allocation where there was none is one too many.
($kept[0].cases) as $kept
| .cases as $measured
| def grown($what): ($kept[.][$what]) as $before | ($measured[.][$what]) as $now
    | select($now > $before * 1.1)
    | "\(.): \($now) \($what) an operation, \($before) before"
        + if $before > 0 then " (+\(($now / $before - 1) * 1000 | round / 10) %)" else "" end;
  ($measured | keys[] | select($kept[.] | not) | "\(.): not in the table"),
  ($kept | keys[] | select($measured[.] | not) | "\(.): in the table, not measured"),
  ($measured | keys[] | select($kept[.]) | grown("instructions"), grown("allocations"))
