# make            build ./inspir and libinspir.a
# make run        install what that needs (make deps), build, serve capsule/
# make check      install what the tests need, too, build everything, test it
# make SAN=1 …    the same with ASan and UBSan, in build/san
# make EVIL=1     build/evil/inspir, which tries on request to break out of its sandbox: for tests
# make tests      build the tests; tests/run says how to run them
# make golden     compare golden files; make golden-accept takes what comes as right, for review
# make lint       look at everything that is written, with what README.md names
#
# make fuzz F=uri [S=60] | fuzz-all [S=60] | fuzz-replay      look for inputs that break a promise
# make valgrind [T=test_pages] | testssl                      tests that take long
# make torture [N=7]                                          fail each, or each N-th, allocation or call
# make soak [N=10000] [REQUESTS=1000000] [RELOADS=1000]       what stalled clients cost; what grows
# make bench                                                  what a handshake costs
# make bench-bytes                                            what pages cost, full and light
# make bench-import [N="1000 100000"]                         how long imports take
#
# make install | uninstall [prefix=/usr/local] [DESTDIR=]     make dist | clean

VERSION := 0.1.0
prefix  ?= /usr/local
DESTDIR ?=
CI      ?=
SAN     ?=
EVIL    ?=
S       ?= 60
FUZZ_CC ?= clang

BUILD := build/$(if $(EVIL),evil,$(if $(SAN),san,release))
DEST  := "$(DESTDIR)$(prefix)"
OUT   := $(if $(SAN)$(EVIL),$(BUILD),.)
PKGS  := openssl libevent sqlite3 inih libmagic libseccomp libxml-2.0 libcurl json-c libzip libidn2
LIBS   = $(shell pkg-config --libs $(PKGS)) -lunistring -pthread

BUILD_PACKAGES := pkg-config libssl-dev libevent-dev libsqlite3-dev libinih-dev libmagic-dev \
	libseccomp-dev libunistring-dev libxml2-dev libcurl4-openssl-dev libjson-c-dev libzip-dev \
	libidn2-dev
TEST_PACKAGES  := libcmocka-dev python3 strace openssl curl lynx tmux amfora bombadillo \
	graphicsmagick unzip
LINT_PACKAGES  := libcmocka-dev clang-format clang-tidy cppcheck flake8 mandoc shellcheck

# Not every compiler and processor has each of the -f flags: what it refuses is left out.
supported = $(foreach f,$(1),$(shell $(CC) -Werror $(f) -xc -c -o /dev/null /dev/null 2>&- && echo $(f)))
HARDENING := -D_FORTIFY_SOURCE=3 $(call supported,-fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero)
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

override CPPFLAGS += -Isrc -D_GNU_SOURCE -DINSPIR_VERSION='"$(VERSION)"' \
	$(shell pkg-config --cflags $(PKGS)) $(if $(SAN),-DINSPIR_SANITIZED)
CFLAGS   ?= -O2 -g
override CFLAGS += -std=c11 -Wall -Wextra -Wformat=2 -Werror=format-security -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -fno-delete-null-pointer-checks -fno-strict-overflow \
	-fno-strict-aliasing -fPIE $(if $(CI),-Werror) $(if $(SAN),$(SANITIZE),$(HARDENING))
override LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed \
	$(if $(SAN),$(SANITIZE)) $(if $(EVIL),-Xlinker --wrap=respond)

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c)) $(if $(EVIL),tests/integration/evil.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
UNITS   := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%)
GOLDENS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/golden/*.c))

# Installs the packages of a list that are missing; asks for rights only then.
install_packages = @missing=$$(for p in $(1); do \
	dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	test -z "$$missing" || { as=$$(test $$(id -u) = 0 || echo sudo); \
	echo Installing: $$missing; $$as apt-get -q update && \
	$$as apt-get -qy --no-install-recommends install $$missing; }

.PHONY: all deps run check tests lint golden golden-accept fuzz fuzz-all fuzzers fuzz-replay bench \
	bench-bytes bench-import soak valgrind testssl torture install uninstall dist clean
all: $(OUT)/inspir $(OUT)/libinspir.a

$(OUT)/inspir: $(BUILD)/src/main.o $(OUT)/libinspir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/libinspir.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(OUT)/libinspir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tests/golden/%: $(BUILD)/tests/golden/%.o $(OUT)/libinspir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(OUT)/libinspir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(OUT)/libinspir.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

deps:
	$(call install_packages,$(BUILD_PACKAGES))

run: deps
	$(MAKE) -j$$(nproc) all
	./inspir serve -c inspir.ini

check: deps
	$(call install_packages,$(TEST_PACKAGES))
	$(MAKE) -j$$(nproc) all tests
	$(MAKE) -j$$(nproc) SAN=1 all tests
	$(if $(HAS_FUZZER),$(MAKE) -j$$(nproc) fuzzers,@echo No clang: fuzz targets only replay their corpus)
	$(MAKE) -j$$(nproc) EVIL=1 all
	tests/run build/release build/san $(if $(HAS_FUZZER),build/fuzz)

tests: $(UNITS) $(REPLAYS) $(GOLDENS)

golden golden-accept: $(OUT)/inspir $(GOLDENS)
	tests/golden/run $(BUILD) $(if $(filter golden-accept,$@),--accept)

fuzz-replay: $(REPLAYS)
	for f in $(FUZZERS); do $(BUILD)/tests/fuzz/replay_$$f tests/fuzz/corpus/$$f || exit 1; done

# Built with clang, apart from everything else; each has some seconds in `make check`, too.
HAS_FUZZER = $(shell printf 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	$(FUZZ_CC) -w -fsanitize=fuzzer,address -xc -o /dev/null - 2>&- && echo yes)
FUZZ_FLAGS := -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined

build/fuzz/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

build/fuzz/libinspir.a: $(SOURCES:%.c=build/fuzz/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o build/fuzz/libinspir.a
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

fuzzers: $(FUZZERS:%=build/fuzz/fuzz_%)

fuzz: deps
	$(call install_packages,clang libclang-rt-dev)
	$(MAKE) -j$$(nproc) build/fuzz/fuzz_$(F)
	tests/fuzz/run $(F) $(S)

fuzz-all: deps
	$(call install_packages,clang libclang-rt-dev)
	$(MAKE) -j$$(nproc) fuzzers
	for f in $(FUZZERS); do echo $$f; done | xargs -P$$(nproc) -I{} tests/fuzz/run {} $(S)

bench: $(BUILD)/tests/bench/handshake
	$<

bench-bytes: $(OUT)/inspir
	@mkdir -p build/bench
	tests/bench/bytes $< build/bench/bytes

bench-import: $(OUT)/inspir $(BUILD)/tests/bench/floor
	tests/bench/import $^ build/bench $(N)

soak: deps
	$(MAKE) -j$$(nproc) all
	tests/bench/stall $(OUT)/inspir $(N)
	tests/bench/endure $(OUT)/inspir $(or $(REQUESTS),1000000) $(or $(RELOADS),1000)

valgrind: deps
	$(call install_packages,$(TEST_PACKAGES) valgrind)
	$(MAKE) -j$$(nproc) all tests
	tests/valgrind $(OUT)/inspir $(BUILD) $(T)

testssl: deps
	$(call install_packages,$(TEST_PACKAGES) testssl.sh)
	$(MAKE) -j$$(nproc) all
	tests/testssl $(OUT)/inspir

torture: deps
	$(call install_packages,$(TEST_PACKAGES))
	$(MAKE) -j$$(nproc) all
	tests/integration/test_memory.py $(OUT)/inspir $(or $(N),1)
	tests/integration/test_start_faults.py $(OUT)/inspir $(or $(N),1)

lint: deps
	$(call install_packages,$(LINT_PACKAGES))
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	! git ls-files '*.c' | xargs -P$$(nproc) -I{} clang-tidy --quiet {} -- $(CPPFLAGS) -std=c11 2>&1 \
		| grep -v 'warnings\? generated\.$$'
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -Isrc src
	mandoc -T lint -W warning man/*.1 man/*.5
	shellcheck $$(git grep -lE '^#!.*sh$$' ':!tests/fuzz/corpus')
	flake8 --max-line-length=100 $$(git ls-files '*.py') $$(git grep -lE '^#!.*python3')

install: all
	install -D -m 755 $(OUT)/inspir $(DEST)/bin/inspir
	install -D -m 644 man/inspir.1 $(DEST)/share/man/man1/inspir.1
	install -D -m 644 man/inspir.ini.5 $(DEST)/share/man/man5/inspir.ini.5
	install -D -m 644 inspir.ini $(DEST)/share/doc/inspir/inspir.ini
	install -D -m 644 systemd/inspir.conf $(DEST)/lib/sysusers.d/inspir.conf
	install -D -m 644 systemd/inspir.service $(DEST)/lib/systemd/system/inspir.service
	sed -i 's|/usr/local|$(prefix)|' $(DEST)/lib/systemd/system/inspir.service

uninstall:
	rm -f $(DEST)/bin/inspir $(DEST)/share/man/man1/inspir.1 \
		$(DEST)/share/man/man5/inspir.ini.5 $(DEST)/lib/sysusers.d/inspir.conf \
		$(DEST)/lib/systemd/system/inspir.service
	rm -rf $(DEST)/share/doc/inspir

dist:
	@mkdir -p dist
	git archive --prefix=inspir-$(VERSION)/ -o dist/inspir-$(VERSION).tar.gz HEAD

clean:
	rm -rf build dist inspir libinspir.a

-include $(shell find $(wildcard $(BUILD) build/fuzz) -name '*.d' 2>&-)
