# The tour by Ruby's xmlrpc: tour.rb URL TOUR
require "json"
require "xmlrpc/client"

def sorted(value)
  case value
  when Hash then value.sort.to_h { |k, v| [k, sorted(v)] }
  when Array then value.map { |v| sorted(v) }
  else value
  end
end

server = XMLRPC::Client.new2(ARGV[0])
server.http_header_extra = {"Accept-Encoding" => "identity"}
JSON.parse(File.read(ARGV[1])).each do |name, *args|
  answer = begin
    JSON.generate(sorted(server.call(name, *args)))
  rescue XMLRPC::FaultException => fault
    "fault #{fault.faultCode} #{fault.faultString}"
  end
  puts "#{name} #{JSON.generate(args)} #{answer}"
end
