// Links a whole layer against its declared dependencies; running it proves nothing more.
int main() { return 0; }
