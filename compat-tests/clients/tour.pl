# The tour by Perl's RPC::XML, which checks types strictly: tour.pl URL TOUR
use strict;
use warnings;
use JSON::PP;
use RPC::XML;
use RPC::XML::Client;

binmode STDOUT, ':utf8';
$RPC::XML::ENCODING = 'utf-8';
my $json   = JSON::PP->new->canonical->allow_nonref->allow_blessed;
my $server = RPC::XML::Client->new($ARGV[0]);
open my $file, '<:raw', $ARGV[1] or die $!;
my $tour = JSON::PP->new->utf8->decode(do { local $/; <$file> });

# typed makes JSON's truth values those of XML-RPC.
sub typed {
    my ($v) = @_;
    return RPC::XML::boolean->new($v ? 1 : 0) if JSON::PP::is_bool($v);
    return [map { typed($_) } @$v] if ref $v eq 'ARRAY';
    return {map { $_ => typed($v->{$_}) } keys %$v} if ref $v eq 'HASH';
    return $v;
}

# shown tells types apart that Perl does not.
sub shown {
    my ($v) = @_;
    return '[' . join(', ', map { shown($_) } @$v) . ']' if $v->isa('RPC::XML::array') ;
    return '{' . join(', ', map { "$_: " . shown($v->{$_}) } sort keys %$v) . '}' if $v->isa('RPC::XML::struct');
    return $v->type . ' ' . $json->encode($v->value . '');
}

for my $call (@$tour) {
    my ($name, @args) = @$call;
    my $answer = $server->send_request($name, map { typed($_) } @args);
    my $text = !ref $answer ? "error $answer"
        : $answer->is_fault ? 'fault ' . $answer->code . ' ' . $answer->string
        : shown($answer);
    print "$name ", $json->encode(\@args), " $text\n";
}
