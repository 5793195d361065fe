"""A blog as Blogger writes it: the legacy export, Takeout's feed.atom, the feeds of a live blog."""

import dataclasses
import datetime
import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

HOST = "https://tidebooks.blogspot.com"
BLOG = "7300000000000000001"
TITLE = "The tide library"

SCHEMA = "http://schemas.google.com/"
KIND = SCHEMA + "blogger/2008/kind#"
SPACES = ("xmlns='http://www.w3.org/2005/Atom' "
          "xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/' "
          f"xmlns:gd='{SCHEMA}g/2005' xmlns:thr='http://purl.org/syndication/thread/1.0'")


@dataclasses.dataclass
class Entry:
    """A post, a page or a comment; the path is that of its old address."""

    number: int
    title: str = ""
    body: str = "<p>The shelves are dry.</p>"
    published: str = "2019-03-09T10:00:00.000Z"
    updated: str = ""        # empty: when it was published
    path: str = ""
    labels: tuple = ()
    author: str = "Ama"
    kind: str = "post"       # post, page, comment
    status: str = "live"     # live, draft, scheduled, soft_trashed
    parent: int = 0          # of a comment: its post …
    reply_to: int = 0        # … and the comment that it answers
    removed: bool = False
    related: str = ""        # the link that somebody gave the post

    @property
    def changed(self):
        return self.updated or self.published

    def tag(self):
        """The id that Blogger gives it: a comment's looks like a post's."""
        kind = "page" if self.kind == "page" else "post"
        return f"tag:blogger.com,1999:blog-{BLOG}.{kind}-{self.number}"


def comment(number, parent, body, **more):
    """A comment on the post with the number parent."""
    return Entry(number, body=body, kind="comment", parent=parent, **more)


def in_utc(stamp):
    """The same instant as Takeout writes it."""
    instant = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return instant.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _labels(entry, scheme):
    return "".join(f"<category scheme='{scheme}' term={quoteattr(label)}/>"
                   for label in entry.labels)


def _links(entry, host):
    """What stands in an entry of an export or a feed beside its texts."""
    made = ""
    if entry.path and entry.status == "live":
        made += f"<link rel='alternate' type='text/html' href={quoteattr(host + entry.path)}/>"
    if entry.related:
        made += f"<link rel='related' type='text/html' href={quoteattr(entry.related)}/>"
    if entry.reply_to:
        made += ("<link rel='related' type='application/atom+xml' href='https://www.blogger.com/"
                 f"feeds/{BLOG}/{entry.parent}/comments/default/{entry.reply_to}'/>")
    if entry.parent:
        made += (f"<thr:in-reply-to ref='tag:blogger.com,1999:blog-{BLOG}.post-{entry.parent}' "
                 f"href='{host}/' source='https://www.blogger.com/feeds/{BLOG}/posts/default/"
                 f"{entry.parent}' type='text/html'/>")
    if entry.removed:
        made += "<gd:extendedProperty name='blogger.contentRemoved' value='true'/>"
    return made


def _entry(entry, host, kind="", summary=False):
    """An entry of an export, which has a kind, or of a feed, which has none."""
    draft = ("<app:control xmlns:app='http://purl.org/atom/app#'><app:draft>yes</app:draft>"
             "</app:control>" if entry.status == "draft" else "")
    body = (f"<summary type='text'>{escape(entry.body)}</summary>" if summary else
            f"<content type='html'>{escape(entry.body)}</content>")
    return (f"<entry><id>{entry.tag()}</id><published>{entry.published}</published>"
            f"<updated>{entry.changed}</updated>{draft}{kind}"
            f"{_labels(entry, 'http://www.blogger.com/atom/ns#')}"
            f"<title type='text'>{escape(entry.title)}</title>{body}{_links(entry, host)}"
            f"<author><name>{escape(entry.author)}</name>"
            "<uri>https://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email>"
            "</author></entry>")


def _category(kind):
    return f"<category scheme='{SCHEMA}g/2005#kind' term='{KIND}{kind}'/>"


def _head(identity, host, extra=""):
    return ("<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href="
            "\"https://www.blogger.com/styles/atom.css\" type=\"text/css\"?>"
            f"<feed {SPACES}><id>tag:blogger.com,1999:blog-{BLOG}{identity}</id>"
            f"<updated>2020-01-01T00:00:00.000Z</updated><title type='text'>{TITLE}</title>"
            f"<link rel='alternate' type='text/html' href='{host}/'/>{extra}"
            "<generator version='7.00' uri='https://www.blogger.com'>Blogger</generator>")


def legacy(entries, settings=(), template="", host=HOST):
    """The file of the old button "Back up content"."""
    made = [_head(".archive", host)]
    if template:
        made.append(f"<entry><id>tag:blogger.com,1999:blog-{BLOG}.layout</id>"
                    f"{_category('template')}<title type='text'>Template: {TITLE}</title>"
                    f"<content type='text'>{escape(template)}</content></entry>")
    for name, value in settings:
        made.append(f"<entry><id>tag:blogger.com,1999:blog-{BLOG}.settings.{name}</id>"
                    f"{_category('settings')}<title type='text'>What {name} is</title>"
                    f"<content type='text'>{escape(value)}</content></entry>")
    made += [_entry(entry, host, _category(entry.kind)) for entry in entries]
    return "".join(made) + "</feed>"


def feed(entries, which="posts", following="", total=None, summary=False, host=HOST):
    """One part of a feed of a live blog; which is posts, pages or comments."""
    extra = (f"<link rel='{SCHEMA}g/2005#feed' type='application/atom+xml' "
             f"href='{host}/feeds/{which}/default'/>")
    if following:
        extra += f"<link rel='next' type='application/atom+xml' href={quoteattr(following)}/>"
    extra += (f"<openSearch:totalResults>{len(entries) if total is None else total}"
              "</openSearch:totalResults><openSearch:startIndex>1</openSearch:startIndex>"
              f"<openSearch:itemsPerPage>{len(entries)}</openSearch:itemsPerPage>")
    return (_head("", host, extra)
            + "".join(_entry(entry, host, summary=summary) for entry in entries) + "</feed>")


def _takeout_entry(entry):
    labels = _labels(entry, f"tag:blogger.com,1999:blog-{BLOG}") or "<category/>"
    status = "LIVE" if entry.status == "soft_trashed" else entry.status.upper()
    trashed = entry.changed if entry.status == "soft_trashed" else ""
    of_comment = ""
    if entry.kind == "comment":
        reply = f"tag:blogger.com,1999:blog-{BLOG}.post-{entry.reply_to}" if entry.reply_to else ""
        of_comment = (f"    <blogger:parent>tag:blogger.com,1999:blog-{BLOG}.post-{entry.parent}"
                      f"</blogger:parent>\n    <blogger:inReplyTo>{reply}</blogger:inReplyTo>\n")
    return ("  <entry>\n"
            f"    <id>{entry.tag()}</id>\n{of_comment}"
            f"    <blogger:type>{entry.kind.upper()}</blogger:type>\n"
            f"    <blogger:status>{status}</blogger:status>\n"
            f"    <author>\n      <name>{escape(entry.author)}</name>\n      <uri></uri>\n"
            "      <blogger:type>BLOGGER</blogger:type>\n    </author>\n"
            f"    <title>{escape(entry.title)}</title>\n"
            f"    <content type='html'>{escape(entry.body)}</content>\n"
            "    <blogger:metaDescription/>\n"
            f"    <blogger:created>{in_utc(entry.published)}</blogger:created>\n"
            f"    <published>{in_utc(entry.published)}</published>\n"
            f"    <updated>{in_utc(entry.changed)}</updated>\n"
            f"    <blogger:location/>\n    {labels}\n"
            f"    <blogger:filename>{escape(entry.path)}</blogger:filename>\n"
            "    <link/>\n    <enclosure/>\n"
            f"    <blogger:trashed>{trashed}</blogger:trashed>\n  </entry>\n")


def takeout(entries):
    """The feed.atom of an archive of Google Takeout, which names no host."""
    return ("<?xml version='1.0' encoding='utf-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom' "
            f"xmlns:blogger='{SCHEMA}blogger/2018'>\n"
            f"  <id>tag:blogger.com,1999:blog-{BLOG}</id>\n  <title>{TITLE}</title>\n"
            + "".join(map(_takeout_entry, entries)) + "</feed>\n")


def archive(feeds, method=zipfile.ZIP_DEFLATED, said=None):
    """The zip that Takeout makes; feeds are name of a blog -> text of its feed.atom; said is what
    the owner wrote on the blogs of others."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        packed.writestr("Takeout/archive_browser.html", "<html><body>An archive</body></html>")
        for name, text in feeds.items():
            folder = f"Takeout/Blogger/Blogs/{name}/"
            packed.writestr(folder + "theme-layouts.xml", "<html/>")
            packed.writestr(folder + "feed.atom", text)
            packed.writestr(folder + "settings.csv", "blog_admin,keeper@tidebooks.example\n")
            packed.writestr(f"Takeout/Blogger/Albums/{name}/p.jpg", b"\xff\xd8\xff\xe0")
        if said:
            packed.writestr("Takeout/Blogger/Comments/A blog of others/feed.atom", said)
    return made.getvalue()
