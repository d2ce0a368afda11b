// Unlearning
