<?php
// The tour by PHP's xmlrpc extension: tour.php URL TOUR
foreach (json_decode(file_get_contents($argv[2]), true) as $args) {
    $name = array_shift($args);
    $call = xmlrpc_encode_request($name, $args, ['encoding' => 'utf-8', 'escaping' => ['markup']]);
    $context = stream_context_create(['http' => ['method' => 'POST', 'header' => 'Content-Type: text/xml', 'content' => $call]]);
    $answer = xmlrpc_decode(file_get_contents($argv[1], false, $context), 'utf-8');
    $text = is_array($answer) && xmlrpc_is_fault($answer)
        ? "fault {$answer['faultCode']} {$answer['faultString']}"
        : json_encode($answer, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
    echo $name, ' ', json_encode($args, JSON_UNESCAPED_UNICODE), ' ', $text, "\n";
}
