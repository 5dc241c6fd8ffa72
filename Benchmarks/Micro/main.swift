import CCallgrind

// The hot types on fixed input, for callgrind to count their instructions: `make bench-micro`.
// usage: valgrind --tool=callgrind --collect-atstart=no bench-micro EVENTS-FOLDER [CASE...]

guard CommandLine.arguments.count >= 2 else { stop("usage: bench-micro EVENTS-FOLDER [CASE...]") }
guard converge_on_valgrind() != 0 else { stop("counts under valgrind alone: make bench-micro") }

let files = EventFiles(folder: CommandLine.arguments[1])
let wanted = CommandLine.arguments.dropFirst(2)
for counted in decodingCases(files) + joiningCases(files) + shardCases(files) + serviceCases(files)
where wanted.isEmpty || wanted.contains(counted.name) {
    counted.run()
}
