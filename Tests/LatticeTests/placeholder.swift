// Lattice
